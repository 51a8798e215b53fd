"""Reads the probabilities of texts from files, as `classifier score` writes them with `probabilities=true`."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from classifier.data.fields import text_columns, text_of
from classifier.data.row import Row
from classifier.data.rows import check_columns, columns_of, read_rows
from classifier.errors import UserError
from classifier.settings import Reading

PROBABILITY = "probability_"  # prefix of the name of a class in the name of a column
TOLERANCE = 0.01  # of the sum of the probabilities of a text, which files may have rounded


def check_probabilities(files: Sequence[Path], reading: Reading) -> tuple[str, ...]:
    """Returns the names of the classes of the files.

    Raises:
        UserError: if a file lacks a column of the texts or of probabilities, or the files have different classes.
    """
    names: tuple[str, ...] = ()
    for path in files:
        check_columns(path, reading)
        columns = columns_of(path, reading)
        found = tuple(column.removeprefix(PROBABILITY) for column in columns if column.startswith(PROBABILITY))
        if not found:
            raise UserError(
                f"{path} has no columns {PROBABILITY}<label>; classifier score writes them with probabilities=true."
            )
        if names and set(found) != set(names):
            raise UserError(f"{path} has probabilities of other classes than {files[0]}.")
        names = names or found
    return names


def read_probabilities(
    files: Sequence[Path],
    reading: Reading,
    label_names: Sequence[str],
    texts: Sequence[str],
    several: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Reads the probabilities of texts, in any order; rows with other texts are ignored.

    Args:
        files: files that were checked by `check_probabilities`.
        reading: how to read them.
        label_names: names of the classes, in the order of the result.
        texts: texts exactly as in the files.
        several: whether a text can have several labels, whose probabilities need not sum to 1.

    Returns:
        Probabilities of shape (texts, classes) in float32, and whether each text was found, of shape (texts,).

    Raises:
        UserError: if the values of a text are not probabilities; the message names file and row.
    """
    columns, classes = text_columns(reading.text), [PROBABILITY + name for name in label_names]
    place = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    found, known = np.zeros((len(place), len(classes)), np.float32), np.zeros(len(place), bool)
    for path in files:
        for row in read_rows(path, reading, [*columns, *classes]):
            number = place.get(text_of(row, columns)[0])
            if number is not None:
                found[number], known[number] = values_of(path, row, classes, several), True
    rows = np.array([place[text] for text in texts], np.intp)
    return found[rows], known[rows]


def values_of(path: Path, row: Row, classes: Sequence[str], several: bool) -> np.ndarray:
    """Returns the probabilities of a row, of shape (classes,).

    Raises:
        UserError: if a value is not a probability, or those of a single label do not sum to 1.
    """
    values = []
    for column in classes:
        try:
            values.append(float(row.value(column)))
        except (TypeError, ValueError):
            values.append(math.nan)
        if not 0 <= values[-1] <= 1:
            raise UserError(f"{path}:{row.number}: {column} is {row.value(column)!r}, not a probability.")
    if several:
        return np.array(values)
    total = math.fsum(values)
    if abs(total - 1) > TOLERANCE:
        raise UserError(f"{path}:{row.number}: the probabilities sum to {total:.3f} instead of 1.")
    return np.array(values) / total
