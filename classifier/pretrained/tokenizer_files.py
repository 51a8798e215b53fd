"""The tokenizer of a pretrained encoder, as the files of its folder describe it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from classifier.errors import UserError

SUFFIX = "##"  # begins each piece that continues a word
SPECIAL = {"cls": "[CLS]", "sep": "[SEP]", "unk": "[UNK]"}


class BertFiles(NamedTuple):
    """What a checkpoint says about its tokenizer.

    vocabulary: pieces by id.
    lower_case, strip_accents, split_ideographs: what its normalizer does.
    longest_word: in characters; a longer word is unknown as a whole.
    begin, end, unknown: the tokens that enclose a text, and the token outside the vocabulary.
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
    """The tokenizer of a checkpoint: its tokenizer.json or, without one, vocab.txt and tokenizer_config.json.

    Args:
        folder: in Hugging Face's layout.

    Raises:
        UserError: if there is no vocabulary, or the tokenizer is of another kind.
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
    """A token that tokenizer_config.json gives as text or as an object."""
    return token["content"] if isinstance(token, Mapping) else token


def from_tokenizer_json(path: Path) -> BertFiles:
    """See `read_bert_files`."""
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
    """The tokens before and after a text, of BertProcessing or TemplateProcessing."""
    if post_processor.get("type") == "TemplateProcessing":
        tokens = [part["SpecialToken"]["id"] for part in post_processor["single"] if "SpecialToken" in part]
        if len(tokens) == 2:
            return tokens[0], tokens[1]
    return (post_processor.get("cls") or ["[CLS]"])[0], (post_processor.get("sep") or ["[SEP]"])[0]


def checked(place: Path, files: BertFiles) -> BertFiles:
    """Refuses a vocabulary without padding at 0 or without its special tokens.

    Raises:
        UserError: naming what is missing.
    """
    known = set(files.vocabulary)
    for token in (files.begin, files.end, files.unknown):
        if token not in known:
            raise UserError(f"{place}: the vocabulary has no {token}.")
    if files.vocabulary[0] != "[PAD]":
        raise UserError(f"{place}: the first token of the vocabulary is {files.vocabulary[0]!r}, not [PAD].")
    return files
