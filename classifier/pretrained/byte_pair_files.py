"""Reads a tokenizer of byte pairs, such as that of RoBERTa, from the files of a checkpoint."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from classifier.errors import UserError
from classifier.pretrained.json_files import is_present, read_object, read_text, section, shown, value_of
from classifier.pretrained.special_tokens import (
    CONFIG,
    by_id,
    check_added,
    check_vocabulary,
    enclosing,
    padding_first,
    token_text,
)

MASK = "<mask>"
SPECIAL = {"cls": "<s>", "sep": "</s>", "unk": "<unk>", "pad": "<pad>"}
CLASSES = ("RobertaTokenizer", "RobertaTokenizerFast")  # in tokenizer_config.json
ONLY: dict[str, tuple[Any, ...]] = {  # supported values of options of the model in tokenizer.json
    "dropout": (None, 0.0),
    "continuing_subword_prefix": (None, ""),
    "end_of_word_suffix": (None, ""),
    "byte_fallback": (None, False),
    "ignore_merges": (None, False),
}
HEADER = "#version"  # first line of merges.txt


class BytePairFiles(NamedTuple):
    """A tokenizer that merges pairs of bytes.

    vocabulary: tokens by id, with a letter for each byte (see `byte_letters`); padding has changed places with the
        first.
    merges: pairs of tokens in the order in which they are merged.
    starts_with_space: whether a space is put before a text.
    begin, end, unknown: tokens before and after a text, and the token for unknown words.
    padding: id of padding in the checkpoint.
    """

    vocabulary: list[str]
    merges: list[tuple[str, str]]
    starts_with_space: bool = False
    begin: str = "<s>"
    end: str = "</s>"
    unknown: str = "<unk>"
    padding: int = 1


def byte_letters() -> list[str]:
    """Returns the printable letter that represents each byte in the files (Radford et al. 2019, section 2.2).

    >>> "".join(byte_letters()[byte] for byte in " é".encode())
    'ĠÃ©'
    """
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]


def from_merges(path: Path) -> BytePairFiles:
    """Reads vocab.json and merges.txt, and tokenizer_config.json next to them.

    Raises:
        UserError: if a file is damaged, or the tokenizer has another type.
    """
    given, merges = path.with_name(CONFIG), path.with_name("merges.txt")
    options = read_object(given) if is_present(given) else {}
    kind = options.get("tokenizer_class")
    if kind not in (None, *CLASSES):
        raise UserError(f"{given}: tokenizer_class={shown(kind)} is not supported, only {CLASSES[0]}.")
    if not is_present(merges):
        raise UserError(f"{path.parent} has {path.name}, but no {merges.name}.")
    begin, end, unknown, padding = (
        token_text(given, options, f"{name}_token", default) for name, default in SPECIAL.items()
    )
    lines = [line for line in read_text(merges).split("\n") if line.strip() and not line.startswith(HEADER)]
    files = BytePairFiles(
        by_id(path, read_object(path)),
        pairs(merges, [line.rstrip("\r").split(" ") for line in lines]),
        value_of(given, options, "add_prefix_space", bool, False),
        begin,
        end,
        unknown,
    )
    added = list(section(given, options, "added_tokens_decoder").values())
    check_added(given, added, {begin, end, unknown, padding, MASK})
    return checked(path, files, padding)


def from_tokenizer_json(path: Path, found: Mapping[str, Any]) -> BytePairFiles:
    """Reads the object of tokenizer.json, and the names of special tokens in tokenizer_config.json next to it.

    Raises:
        UserError: if a file is damaged, or the tokenizer has another type.
    """
    given = path.with_name(CONFIG)
    options = read_object(given) if is_present(given) else {}
    model, splitter = section(path, found, "model"), section(path, found, "pre_tokenizer")
    if (normalizer := found.get("normalizer")) is not None:
        raise UserError(f"{path}: normalizer={shown(normalizer)} is not supported with byte pairs, only null.")
    if splitter.get("type") != "ByteLevel":
        raise UserError(
            f"{path} is not a tokenizer of RoBERTa: its pre_tokenizer is {shown(splitter.get('type'))}, not ByteLevel."
        )
    if not value_of(path, splitter, "use_regex", bool, True):
        raise UserError(f"{path}: use_regex=false is not supported, only true.")
    check_options(path, model)
    unknown, padding = (token_text(given, options, f"{name}_token", SPECIAL[name]) for name in ("unk", "pad"))
    merges = value_of(path, model, "merges", list)
    files = BytePairFiles(
        by_id(path, value_of(path, model, "vocab", dict)),
        pairs(path, [line.split(" ") if isinstance(line, str) else line for line in merges]),
        value_of(path, splitter, "add_prefix_space", bool, True),
        *enclosing(path, section(path, found, "post_processor")),
        unknown,
    )
    added = value_of(path, found, "added_tokens", list, None) or []
    check_added(path, added, {files.begin, files.end, unknown, padding, MASK})
    return checked(path, files, padding)


def check_options(path: Path, model: Mapping[str, Any]) -> None:
    """Checks that no option of the model is set that would change the tokens."""
    for key, allowed in ONLY.items():
        if model.get(key) not in allowed:
            raise UserError(f"{path}: {key}={shown(model[key])} is not supported, only {shown(allowed[0])}.")


def pairs(path: Path, lines: Sequence[Any]) -> list[tuple[str, str]]:
    """Returns the pairs that are merged."""
    found = []
    for number, line in enumerate(lines, start=1):
        match line:
            case [str(left), str(right)] if left and right:
                found.append((left, right))
            case _:
                raise UserError(f"{path}: merge {number:,} is {shown(line)}, not a pair of tokens.")
    return found


def checked(place: Path, files: BytePairFiles, padding: str) -> BytePairFiles:
    """Checks vocabulary and merges, and puts padding first.

    Raises:
        UserError: if a token is missing, or merges are not in the order in which their tokens come to be.
    """
    check_vocabulary(place, files.vocabulary, (files.begin, files.end, files.unknown, padding), MASK)
    known = set(files.vocabulary)
    for byte, letter in enumerate(byte_letters()):
        if letter not in known:
            raise UserError(f"{place}: the vocabulary has no token {letter!r} for the byte {byte}.")
    used: set[str] = set()
    for number, (left, right) in enumerate(files.merges, start=1):
        used |= {left, right}
        for token in (left, right, left + right):
            if token not in known:
                raise UserError(f"{place}: merge {number:,} needs the token {shown(token)}, which has no id.")
        if left + right in used:
            raise UserError(
                f"{place}: merge {number:,} makes {shown(left + right)}, which an earlier merge uses; such an order is "
                "not supported."
            )
    place_of = files.vocabulary.index(padding)
    return files._replace(vocabulary=padding_first(files.vocabulary, place_of), padding=place_of)
