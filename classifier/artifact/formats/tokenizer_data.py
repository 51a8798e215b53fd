"""Exports the tokenizer and the keys of the n-grams as data for programs in any language."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from classifier.model.classifier_module import ClassifierModule
from classifier.model.ngram_features import CHARACTERS, KEYS, MULTIPLIER
from classifier.tokenizers import BertTokenizer, WordPieceTokenizer, bert
from classifier.tokenizers.base import ALONE, SPACES
from classifier.tokenizers.normal_form import FULL_WIDTH, INVISIBLE, WITHOUT_SPACES
from classifier.tokenizers.unicode_tables import ranges
from classifier.tokenizers.wordpiece import LONGEST_WORD

SURROGATES = range(0xD800, 0xE000)  # not characters


def write_data(classifier: ClassifierModule, folder: Path) -> None:
    """Writes tokenizer.json, labels.json and, if the model has them, decision.json and ngrams.npz (keys and idf)."""
    tokenizer = classifier.tokenizer
    data = {
        **(bert_data(tokenizer) if isinstance(tokenizer, BertTokenizer) else learned_data(tokenizer)),
        "begin": tokenizer.begin,
        "end": tokenizer.end,
        "unknown": tokenizer.unknown_id,
        "head": tokenizer.head,
        "tail": tokenizer.tail,
        "keys": KEYS,
        "multiplier": MULTIPLIER,
        "characters": CHARACTERS,
        "vocabulary": tokenizer.vocabulary,
    }
    write_json(folder / "tokenizer.json", data)
    write_json(folder / "labels.json", [name.decode() for name in classifier.names.numpy()])
    if classifier.decision:
        write_json(folder / "decision.json", classifier.decision.as_json())
    if classifier.ngrams:
        np.savez(folder / "ngrams.npz", keys=classifier.ngrams.keys.numpy(), idf=classifier.ngrams.idf.numpy())


def learned_data(tokenizer: Any) -> dict[str, Any]:
    """Returns how a tokenizer with a learned vocabulary reads texts."""
    return {
        "removed": INVISIBLE,
        "without_spaces": WITHOUT_SPACES,
        "full_width": FULL_WIDTH,
        "replaced": [],
        "normal_form": "NFC",
        "marks": [],
        "lower_case": tokenizer.lower_case,
        "spaces": matching(SPACES),
        "alone": matching(ALONE),
        "longest_word": LONGEST_WORD if isinstance(tokenizer, WordPieceTokenizer) else None,
        "longest_word_in": "bytes",
    }


def bert_data(tokenizer: BertTokenizer) -> dict[str, Any]:
    """Returns how a tokenizer of BERT reads texts."""
    files = tokenizer.files
    return {
        "removed": matching(bert.REMOVED),
        "without_spaces": [],
        "full_width": [],
        "replaced": [[ord("Σ"), ord("σ")]] if files.lower_case else [],
        "normal_form": "NFD" if files.strip_accents else None,
        "marks": matching(r"\p{Mn}") if files.strip_accents else [],
        "lower_case": files.lower_case,
        "spaces": matching(bert.SPACES),
        "alone": matching(f"[{tokenizer.alone}]"),
        "longest_word": files.longest_word,
        "longest_word_in": "characters",
    }


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
