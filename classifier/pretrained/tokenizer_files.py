"""Reads the tokenizer of a pretrained encoder from the files in its folder."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from classifier.errors import UserError

SUFFIX = "##"  # prefix of pieces that continue a word
SPECIAL = {"cls": "[CLS]", "sep": "[SEP]", "unk": "[UNK]"}


class BertFiles(NamedTuple):
    """The tokenizer of a checkpoint.

    vocabulary: pieces by id.
    lower_case, strip_accents, split_ideographs: options of the normalizer.
    longest_word: maximum length in characters; longer words are unknown.
    begin, end, unknown: tokens before and after a text, and the token for unknown words.
    """

    vocabulary: list[str]
    lower_case: bool
    strip_accents: bool
    split_ideographs: bool
    longest_word: int
    begin: str = "[CLS]"
    end: str = "[SEP]"
    unknown: str = "[UNK]"


def read_bert_files(folder: Path) -> BertFiles:
    """Reads the tokenizer of a checkpoint from tokenizer.json, or from vocab.txt and tokenizer_config.json.

    Args:
        folder: folder in Hugging Face's layout.

    Raises:
        UserError: if there is no vocabulary, or the tokenizer has another type.
    """
    whole = folder / "tokenizer.json"
    if whole.exists():
        return from_tokenizer_json(whole)
    listed = folder / "vocab.txt"
    if not listed.exists():
        raise UserError(f"{folder} has no tokenizer: neither tokenizer.json nor vocab.txt.")
    given = folder / "tokenizer_config.json"
    config = json.loads(given.read_text(encoding="utf-8")) if given.exists() else {}
    lower_case = config.get("do_lower_case", True)
    strip = config.get("strip_accents")
    return checked(
        folder,
        BertFiles(
            listed.read_text(encoding="utf-8").removesuffix("\n").split("\n"),
            lower_case,
            lower_case if strip is None else strip,
            config.get("tokenize_chinese_chars", True),
            100,
            *(token_text(config.get(f"{name}_token", default)) for name, default in SPECIAL.items()),
        ),
    )


def token_text(token: Any) -> str:
    """Returns a token that is a string or an object in tokenizer_config.json."""
    return token["content"] if isinstance(token, Mapping) else token


def from_tokenizer_json(path: Path) -> BertFiles:
    """Reads tokenizer.json; see `read_bert_files`."""
    found = json.loads(path.read_text(encoding="utf-8"))
    model, normalizer = found.get("model") or {}, found.get("normalizer") or {}
    pre_tokenizer, post = found.get("pre_tokenizer") or {}, found.get("post_processor") or {}
    kinds = (model.get("type", "WordPiece"), normalizer.get("type"), pre_tokenizer.get("type"))
    if kinds != ("WordPiece", "BertNormalizer", "BertPreTokenizer"):
        raise UserError(f"{path} is not a tokenizer of BERT's kind: it has {', '.join(map(str, kinds))}.")
    if not normalizer.get("clean_text", True) or model.get("continuing_subword_prefix", SUFFIX) != SUFFIX:
        raise UserError(f"{path}: only clean_text=true and the prefix {SUFFIX} are understood.")
    ids = model["vocab"]
    if sorted(ids.values()) != list(range(len(ids))):
        raise UserError(f"{path}: the ids of the vocabulary are not 0 to {len(ids) - 1:,}.")
    strip = normalizer.get("strip_accents")
    begin, end = special_tokens(post)
    return checked(
        path,
        BertFiles(
            sorted(ids, key=ids.__getitem__),
            normalizer["lowercase"],
            normalizer["lowercase"] if strip is None else strip,
            normalizer.get("handle_chinese_chars", True),
            model.get("max_input_chars_per_word", 100),
            begin,
            end,
            model.get("unk_token", "[UNK]"),
        ),
    )


def special_tokens(post_processor: Mapping[str, Any]) -> tuple[str, str]:
    """Returns the tokens before and after a text from BertProcessing or TemplateProcessing."""
    if post_processor.get("type") == "TemplateProcessing":
        tokens = [part["SpecialToken"]["id"] for part in post_processor["single"] if "SpecialToken" in part]
        if len(tokens) == 2:
            return tokens[0], tokens[1]
    return (post_processor.get("cls") or ["[CLS]"])[0], (post_processor.get("sep") or ["[SEP]"])[0]


def checked(place: Path, files: BertFiles) -> BertFiles:
    """Checks that the vocabulary has padding at 0 and all special tokens.

    Raises:
        UserError: if a token is missing; the message names it.
    """
    known = set(files.vocabulary)
    for token in (files.begin, files.end, files.unknown):
        if token not in known:
            raise UserError(f"{place}: the vocabulary has no {token}.")
    if files.vocabulary[0] != "[PAD]":
        raise UserError(f"{place}: the first token of the vocabulary is {files.vocabulary[0]!r}, not [PAD].")
    return files
