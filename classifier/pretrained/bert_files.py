"""Reads BERT's WordPiece tokenizer from the files of a checkpoint."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from classifier.errors import UserError
from classifier.pretrained.json_files import is_present, read_object, read_text, section, shown, size_of, value_of
from classifier.pretrained.special_tokens import (
    CONFIG,
    by_id,
    check_added,
    check_vocabulary,
    enclosing,
    padding_first,
    token_text,
)

SUFFIX = "##"  # prefix of pieces that continue a word
PADDING, MASK = "[PAD]", "[MASK]"
PARTS = {"normalizer": "BertNormalizer", "pre_tokenizer": "BertPreTokenizer"}  # types in tokenizer.json
ONLY: dict[str, tuple[Any, ...]] = {  # supported values in tokenizer_config.json of options that change the tokens
    "tokenizer_class": tuple(f"{name}Tokenizer{kind}" for name in ("Bert", "DistilBert") for kind in ("", "Fast")),
    "word_tokenizer_type": ("basic",),
    "subword_tokenizer_type": ("wordpiece",),
    "do_basic_tokenize": (True,),
    "do_word_tokenize": (True,),
    "do_subword_tokenize": (True,),
    "never_split": ([],),
}


class BertFiles(NamedTuple):
    """BERT's tokenizer.

    vocabulary: pieces by id; padding has changed places with the first.
    lower_case, strip_accents, split_ideographs: options of the normalizer.
    longest_word: maximum length in characters; longer words are unknown.
    begin, end, unknown: tokens before and after a text, and the token for unknown words.
    padding: id of padding in the checkpoint.
    """

    vocabulary: list[str]
    lower_case: bool
    strip_accents: bool
    split_ideographs: bool
    longest_word: int
    begin: str = "[CLS]"
    end: str = "[SEP]"
    unknown: str = "[UNK]"
    padding: int = 0


def from_vocabulary(path: Path) -> BertFiles:
    """Reads vocab.txt, and the files next to it that may change its meaning.

    Raises:
        UserError: if a file is damaged, or the tokenizer has another type.
    """
    given, added, config = (path.with_name(name) for name in (CONFIG, "added_tokens.json", "config.json"))
    options = {"tokenizer_class": read_object(config).get("tokenizer_class")} if is_present(config) else {}
    options = {key: value for key, value in options.items() if value is not None}
    options |= read_object(given) if is_present(given) else {}
    for key, allowed in ONLY.items():
        if (value := options.get(key)) is not None and value not in allowed:
            raise UserError(f"{given}: {key}={shown(value)} is not supported, only {shown(allowed[0])}.")
    lower_case = value_of(given, options, "do_lower_case", bool, True)
    strip = value_of(given, options, "strip_accents", bool, None)
    files = BertFiles(
        read_text(path).removesuffix("\n").split("\n"),
        lower_case,
        lower_case if strip is None else strip,
        value_of(given, options, "tokenize_chinese_chars", bool, True),
        100,
        begin=token_text(given, options, "cls_token", "[CLS]"),
        end=token_text(given, options, "sep_token", "[SEP]"),
        unknown=token_text(given, options, "unk_token", "[UNK]"),
    )
    listed = [{"content": token} for token in read_object(added)] if is_present(added) else []
    check_added(given, list(section(given, options, "added_tokens_decoder").values()), special_of(files))
    check_added(added, listed, special_of(files))
    return checked(path, files)


def from_tokenizer_json(path: Path, found: Mapping[str, Any]) -> BertFiles:
    """Reads the object of tokenizer.json.

    Raises:
        UserError: if the file is damaged, or the tokenizer has another type.
    """
    parts = {key: section(path, found, key) for key in ("model", *PARTS, "post_processor")}
    model, normalizer = parts["model"], parts["normalizer"]
    kinds = {"model": model.get("type", "WordPiece"), **{key: parts[key].get("type") for key in PARTS}}
    for key, wanted in {"model": "WordPiece", **PARTS}.items():
        if kinds[key] != wanted:
            raise UserError(f"{path} is not a tokenizer of BERT: its {key} is {shown(kinds[key])}, not {wanted}.")
    if not value_of(path, normalizer, "clean_text", bool, True):
        raise UserError(f"{path}: clean_text=false is not supported, only true.")
    if (prefix := value_of(path, model, "continuing_subword_prefix", str, SUFFIX)) != SUFFIX:
        raise UserError(f"{path}: continuing_subword_prefix={shown(prefix)} is not supported, only {SUFFIX}.")
    lower_case = value_of(path, normalizer, "lowercase", bool)
    strip = value_of(path, normalizer, "strip_accents", bool, None)
    files = BertFiles(
        by_id(path, value_of(path, model, "vocab", dict)),
        lower_case,
        lower_case if strip is None else strip,
        value_of(path, normalizer, "handle_chinese_chars", bool, True),
        size_of(path, model, "max_input_chars_per_word", 100),
        *enclosing(path, parts["post_processor"]),
        value_of(path, model, "unk_token", str, "[UNK]"),
    )
    check_added(path, value_of(path, found, "added_tokens", list, None) or [], special_of(files))
    return checked(path, files)


def special_of(files: BertFiles) -> set[str]:
    """Returns the special tokens."""
    return {files.begin, files.end, files.unknown, PADDING, MASK}


def checked(place: Path, files: BertFiles) -> BertFiles:
    """Checks the vocabulary, and puts padding first."""
    check_vocabulary(place, files.vocabulary, (files.begin, files.end, files.unknown, PADDING), MASK)
    padding = files.vocabulary.index(PADDING)
    return files._replace(vocabulary=padding_first(files.vocabulary, padding), padding=padding)
