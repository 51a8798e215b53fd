"""Reads the tokenizer of a pretrained encoder from the files in its folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from classifier.errors import UserError
from classifier.pretrained.json_files import is_present, read_object, read_text, section, shown, size_of, value_of

SUFFIX = "##"  # prefix of pieces that continue a word
CONFIG = "config.json"
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
        UserError: if there is no vocabulary, a file is damaged, or the tokenizer has another type.
    """
    whole, listed = folder / "tokenizer.json", folder / "vocab.txt"
    if is_present(whole):
        return from_tokenizer_json(whole)
    if not is_present(listed):
        raise UserError(f"{folder} has no tokenizer: neither tokenizer.json nor vocab.txt.")
    return from_vocabulary(listed)


def from_vocabulary(path: Path) -> BertFiles:
    """Reads vocab.txt, and the files next to it that may change its meaning; see `read_bert_files`."""
    given, added, config = (path.with_name(name) for name in ("tokenizer_config.json", "added_tokens.json", CONFIG))
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
        *(token_text(given, options, f"{name}_token", default) for name, default in SPECIAL.items()),
    )
    check_added(given, list(section(given, options, "added_tokens_decoder").values()), files)
    check_added(added, [{"content": token} for token in read_object(added)] if is_present(added) else [], files)
    return checked(path, files)


def token_text(place: Path, options: Mapping[str, Any], key: str, default: str) -> str:
    """Returns a token that is a string or an object in tokenizer_config.json."""
    token = options.get(key, default)
    return (
        value_of(f"{place}: {key}", token, "content", str)
        if isinstance(token, dict)
        else value_of(place, {key: token}, key, str)
    )


def from_tokenizer_json(path: Path) -> BertFiles:
    """Reads tokenizer.json; see `read_bert_files`."""
    found = read_object(path)
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
    ids = value_of(path, model, "vocab", dict)
    if not all(type(number) is int for number in ids.values()) or sorted(ids.values()) != list(range(len(ids))):
        raise UserError(f"{path}: the ids of the vocabulary are not 0 to {len(ids) - 1:,}, each once.")
    lower_case = value_of(path, normalizer, "lowercase", bool)
    strip = value_of(path, normalizer, "strip_accents", bool, None)
    files = BertFiles(
        sorted(ids, key=ids.__getitem__),
        lower_case,
        lower_case if strip is None else strip,
        value_of(path, normalizer, "handle_chinese_chars", bool, True),
        size_of(path, model, "max_input_chars_per_word", 100),
        *special_tokens(path, parts["post_processor"]),
        value_of(path, model, "unk_token", str, "[UNK]"),
    )
    check_added(path, value_of(path, found, "added_tokens", list, None) or [], files)
    return checked(path, files)


def special_tokens(path: Path, post_processor: Mapping[str, Any]) -> tuple[str, str]:
    """Returns the tokens before and after a text from BertProcessing or TemplateProcessing.

    Raises:
        UserError: if anything else is added to a text, or nothing.
    """
    match post_processor:
        case {"type": "BertProcessing", "cls": [str(begin), int()], "sep": [str(end), int()]}:
            return begin, end
        case {
            "type": "TemplateProcessing",
            "single": [
                {"SpecialToken": {"id": str(begin), "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": str(end), "type_id": 0}},
            ],
        }:
            return begin, end
    raise UserError(
        f"{path}: the post_processor does not enclose a text in two special tokens of type 0, as that of BERT does."
    )


def check_added(path: Path, added: list[Any], files: BertFiles) -> None:
    """Checks that no words were added to the vocabulary, which would be found before a text is split.

    Raises:
        UserError: if there is such a word; the message names it.
    """
    known = {files.begin, files.end, files.unknown, PADDING, MASK}
    for token in added:
        if not isinstance(token, dict) or not isinstance(token.get("content"), str):
            raise UserError(f"{path}: the added token {shown(token)} is not an object with a string as content.")
        if token["content"] not in known and token.get("special") is not True:
            raise UserError(
                f"{path}: the added token {shown(token['content'])} is not supported; only special ones are."
            )


def checked(place: Path, files: BertFiles) -> BertFiles:
    """Checks that the vocabulary has padding at 0, all special tokens and at least one piece.

    Raises:
        UserError: if a token is missing; the message names it.
    """
    known = set(files.vocabulary)
    for token in (files.begin, files.end, files.unknown):
        if token not in known:
            raise UserError(f"{place}: the vocabulary has no {shown(token)}.")
    if files.vocabulary[0] != PADDING:
        raise UserError(f"{place}: the first token of the vocabulary is {files.vocabulary[0]!r}, not {PADDING}.")
    if known <= {files.begin, files.end, files.unknown, PADDING, MASK}:
        raise UserError(f"{place}: the vocabulary has only special tokens.")
    for token in files.vocabulary:
        if any("\ud800" <= character <= "\udfff" for character in token):
            raise UserError(f"{place}: {token!a} is not valid Unicode.")
    return files
