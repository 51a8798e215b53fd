"""Reads a unigram tokenizer of SentencePiece, such as that of XLM-RoBERTa or ALBERT, from the files of a checkpoint."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from classifier.errors import UserError
from classifier.pretrained.character_map import read_character_map
from classifier.pretrained.json_files import is_present, read_object, section, shown, value_of
from classifier.pretrained.special_tokens import (
    CONFIG,
    check_added,
    check_vocabulary,
    enclosing,
    padding_first,
    token_text,
)
from classifier.settings.bounds import is_number

SPACE = "\N{LOWER ONE EIGHTH BLOCK}"  # stands for the space before a word
MASKS = ("<mask>", "[MASK]")
PLAIN = ("NFKD", "StripAccents", "Lowercase")  # normalizers without options


class Replaced(NamedTuple):
    """A step of the normalizer that replaces a string."""

    old: str
    new: str


class UnigramFiles(NamedTuple):
    """A tokenizer that splits words into the most likely pieces.

    vocabulary: pieces by id; padding has changed places with the first.
    scores: logarithm of the probability of each piece.
    steps: steps of the normalizer in order: names in PLAIN, `Replaced` and `Mapped`.
    special: tokens that are never found in a text.
    begin, end, unknown: tokens before and after a text, and the token for unknown characters.
    padding: id of padding in the checkpoint.
    """

    vocabulary: list[str]
    scores: list[float]
    steps: list[Any]
    special: list[str]
    begin: str
    end: str
    unknown: str
    padding: int


def from_tokenizer_json(path: Path, found: Mapping[str, Any]) -> UnigramFiles:
    """Reads the object of tokenizer.json, and the name of padding in tokenizer_config.json next to it.

    Raises:
        UserError: if a file is damaged, or the tokenizer has another type.
    """
    given, model = path.with_name(CONFIG), section(path, found, "model")
    options = read_object(given) if is_present(given) else {}
    if value_of(path, model, "byte_fallback", bool, False):
        raise UserError(f"{path}: byte_fallback=true is not supported, only false.")
    check_splitter(path, section(path, found, "pre_tokenizer"))
    steps = read_steps(path, found.get("normalizer"))
    vocabulary, scores = read_pieces(path, value_of(path, model, "vocab", list))
    unknown = value_of(path, model, "unk_id", int)
    if not 0 <= unknown < len(vocabulary):
        raise UserError(f"{path}: unk_id={unknown} is not the id of a piece.")
    padding = token_text(given, options, "pad_token", "<pad>")
    begin, end = enclosing(path, section(path, found, "post_processor"))
    added = value_of(path, found, "added_tokens", list, None) or []
    known = {begin, end, vocabulary[unknown], padding, *MASKS}
    check_added(path, added, known)
    for token in sorted(added, key=lambda token: token.get("id", -1)):
        if token.get("id") == len(vocabulary):  # after the pieces of the model
            vocabulary.append(token["content"])
            scores.append(0.0)
    check_vocabulary(path, vocabulary, (begin, end, vocabulary[unknown], padding), MASKS[0])
    place = vocabulary.index(padding)
    special = [token["content"] for token in added if token.get("special")]
    return UnigramFiles(
        padding_first(vocabulary, place),
        padding_first(scores, place),
        steps,
        sorted({*special, *known}),
        begin,
        end,
        vocabulary[unknown],
        place,
    )


def read_pieces(path: Path, listed: Sequence[Any]) -> tuple[list[str], list[float]]:
    """Returns the pieces and their scores."""
    for piece in listed:
        match piece:
            case [str(), score] if is_number(score) and math.isfinite(score):
                continue
        raise UserError(f"{path}: the piece {shown(piece)} is not a string with a finite score.")
    return [piece for piece, _ in listed], [float(score) for _, score in listed]


def check_splitter(path: Path, splitter: Mapping[str, Any]) -> None:
    """Checks that words are split at spaces, and that each is preceded by the sign for a space."""
    parts = splitter.get("pretokenizers", [splitter])
    kinds = [part.get("type") if isinstance(part, dict) else None for part in parts]
    if kinds not in (["WhitespaceSplit", "Metaspace"], ["Metaspace"]):
        raise UserError(
            f"{path} is not a tokenizer of XLM-RoBERTa or ALBERT: its pre_tokenizer is {shown(splitter)}, not "
            "WhitespaceSplit and Metaspace."
        )
    last = parts[-1]
    for key, wanted in {
        "replacement": SPACE,
        "prepend_scheme": "always",
        "add_prefix_space": True,
        "split": True,
    }.items():
        if last.get(key, wanted) != wanted:
            raise UserError(f"{path}: {key}={shown(last[key])} of Metaspace is not supported, only {shown(wanted)}.")


def read_steps(path: Path, normalizer: Any) -> list[Any]:
    """Returns the steps of the normalizer; see `UnigramFiles`."""
    match normalizer:
        case None:
            return []
        case {"type": "Sequence", "normalizers": [*parts]}:
            return [step for part in parts for step in read_steps(path, part)]
        case {"type": "Precompiled", "precompiled_charsmap": str(encoded)}:
            return [read_character_map(path, encoded)] if encoded else []
        case {"type": "Replace", "pattern": {"String": str(old)}, "content": str(new)} if old:
            return [Replaced(old, new)]
        case {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "} | {"type": "Strip"}:
            return []  # words are split at any number of spaces
        case {"type": kind} if kind in PLAIN:
            return [kind]
    raise UserError(f"{path}: the normalizer {shown(normalizer)} is not supported.")
