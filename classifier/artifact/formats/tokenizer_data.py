"""Exports the tokenizer and the keys of the n-grams as data for programs in any language."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from classifier.model.classifier_module import ClassifierModule
from classifier.model.ngram_features import CHARACTERS, KEYS, MULTIPLIER
from classifier.tokenizers import WordPieceTokenizer
from classifier.tokenizers.base import ALONE, SPACES
from classifier.tokenizers.normal_form import FULL_WIDTH, INVISIBLE, WITHOUT_SPACES
from classifier.tokenizers.unicode_tables import ranges
from classifier.tokenizers.wordpiece import LONGEST_WORD

SURROGATES = range(0xD800, 0xE000)  # not characters


def write_data(classifier: ClassifierModule, folder: Path) -> None:
    """Writes tokenizer.json, labels.json and, if the model has n-grams, ngrams.npz (keys and idf by feature)."""
    tokenizer: Any = classifier.tokenizer  # with a learned vocabulary; exports of others are refused
    data = {
        "lower_case": tokenizer.lower_case,
        "head": tokenizer.head,
        "tail": tokenizer.tail,
        "longest_word": LONGEST_WORD if isinstance(tokenizer, WordPieceTokenizer) else None,
        "keys": KEYS,
        "multiplier": MULTIPLIER,
        "characters": CHARACTERS,
        "invisible": INVISIBLE,
        "without_spaces": WITHOUT_SPACES,
        "full_width": FULL_WIDTH,
        "spaces": matching(SPACES),
        "alone": matching(ALONE),
        "vocabulary": tokenizer.vocabulary,
    }
    write_json(folder / "tokenizer.json", data)
    write_json(folder / "labels.json", [name.decode() for name in classifier.names.numpy()])
    if classifier.ngrams:
        np.savez(folder / "ngrams.npz", keys=classifier.ngrams.keys.numpy(), idf=classifier.ngrams.idf.numpy())


@cache  # the same for all exports of a process
def matching(pattern: str) -> list[list[int]]:
    """Returns the ranges of code points that match in TensorFlow, so that programs need no Unicode tables.

    `matching(r"[a-cx]")` -> `[[97, 99], [120, 120]]`
    """
    codes = np.array([code for code in range(0x110000) if code not in SURROGATES])
    letters = tf.strings.unicode_encode(codes[:, None].astype(np.int32), "UTF-8")
    return list(map(list, ranges(codes[tf.strings.regex_full_match(letters, pattern).numpy()])))


def write_json(path: Path, value) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False) + "\n", encoding="utf-8")
