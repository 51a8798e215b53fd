"""Checks the vocabulary of a tokenizer of any kind, and finds its special tokens."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from classifier.errors import UserError
from classifier.pretrained.json_files import shown, value_of

CONFIG = "tokenizer_config.json"


def padding_first(rows: Sequence[Any] | np.ndarray, padding: int) -> Any:
    """Returns rows by id in which padding and id 0 change places, as everywhere else in this package padding is 0.

    >>> padding_first(["<s>", "<pad>", "</s>"], 1)
    ['<pad>', '<s>', '</s>']
    """
    order = list(range(len(rows)))
    order[0], order[padding] = padding, 0
    return rows[order] if isinstance(rows, np.ndarray) else [rows[number] for number in order]


def by_id(path: Path, ids: Mapping[str, Any]) -> list[str]:
    """Returns the pieces of a vocabulary in the order of their ids.

    Raises:
        UserError: if an id is missing or occurs twice.
    """
    if not all(type(number) is int for number in ids.values()) or sorted(ids.values()) != list(range(len(ids))):
        raise UserError(f"{path}: the ids of the vocabulary are not 0 to {len(ids) - 1:,}, each once.")
    return sorted(ids, key=ids.__getitem__)


def enclosing(path: Path, post_processor: Mapping[str, Any]) -> tuple[str, str]:
    """Returns the tokens before and after a text from a post-processor of tokenizer.json.

    Raises:
        UserError: if anything else is added to a text, or nothing.
    """
    match post_processor:
        case {
            "type": "BertProcessing" | "RobertaProcessing",
            "cls": [str(begin), int()],
            "sep": [str(end), int()],
        }:
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


def token_text(place: Path, options: Mapping[str, Any], key: str, default: str) -> str:
    """Returns a token that is a string or an object in tokenizer_config.json."""
    token = options.get(key, default)
    return (
        value_of(f"{place}: {key}", token, "content", str)
        if isinstance(token, dict)
        else value_of(place, {key: token}, key, str)
    )


def check_added(path: Path, added: Sequence[Any], known: set[str]) -> None:
    """Checks that no words were added to the vocabulary, which would be found before a text is split.

    Args:
        path: file that names them.
        added: added tokens, objects with `content` and `special`.
        known: special tokens.

    Raises:
        UserError: if there is such a word; the message names it.
    """
    for token in added:
        if not isinstance(token, dict) or not isinstance(token.get("content"), str):
            raise UserError(f"{path}: the added token {shown(token)} is not an object with a string as content.")
        if token["content"] not in known and token.get("special") is not True:
            raise UserError(
                f"{path}: the added token {shown(token['content'])} is not supported; only special ones are."
            )


def check_vocabulary(place: Path, vocabulary: Sequence[str], special: Sequence[str], mask: str) -> None:
    """Checks that a vocabulary has all special tokens, of which only the mask is optional, and at least one piece.

    Raises:
        UserError: if a token is missing or not valid Unicode; the message names it.
    """
    known = set(vocabulary)
    for token in special:
        if token not in known:
            raise UserError(f"{place}: the vocabulary has no {shown(token)}.")
    if known <= {*special, mask}:
        raise UserError(f"{place}: the vocabulary has only special tokens.")
    for token in vocabulary:
        if any("\ud800" <= character <= "\udfff" for character in token):
            raise UserError(f"{place}: {token!a} is not valid Unicode.")
