"""Finds columns that give the label away, such as a status that is set by the same people as the label."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from classifier.data.fields import text_columns
from classifier.data.files import format_of
from classifier.data.formats.choose import chosen_format
from classifier.data.rows import columns_of, read_rows
from classifier.settings import DataSettings

MOST_SAMPLED = 20_000  # rows
LEAST_ACCURACY = 0.98  # of a prediction from the column alone
LEAST_GAIN = 0.1  # over the most frequent label
LEAST_REPEATS = 5  # mean number of rows with the same value


def leaking_columns(files: Sequence[str], data: DataSettings) -> dict[str, float]:
    """Returns the accuracy with which a column alone predicts the label of the other rows, for such columns.

    The prediction is the most frequent label of the other rows with the same value. Columns whose values hardly
    repeat, such as numbers of orders, are left out.

    Args:
        files: paths of tables with the columns of text and label; files of annotation tools are skipped.
        data: how to read them.
    """
    labels, values = list[str](), defaultdict[str, list[str]](list)
    for file in files:
        path = Path(file)
        if chosen_format(path, data) is not None or format_of(path) == "text":
            continue
        columns = [one for one in columns_of(path, data) if one not in (*text_columns(data.text), data.label)]
        for row in islice(read_rows(path, data), MOST_SAMPLED):
            label = row.value(str(data.label))
            if label is None or label == "":
                continue
            labels.append(str(label))
            for column in columns:
                given = values[column]
                given += [""] * (len(labels) - 1 - len(given)) + [
                    "" if (found := row.value(column)) is None else str(found)
                ]
    if not labels:
        return {}
    most = max(Counter(labels).values()) / len(labels)
    found = {column: accuracy(given, labels) for column, given in values.items() if repeats(given)}
    return {column: value for column, value in found.items() if value >= max(LEAST_ACCURACY, most + LEAST_GAIN)}


def repeats(values: Sequence[str]) -> bool:
    """Whether there are several values, and each occurs a few times on average."""
    distinct = len(set(values))
    return 1 < distinct <= len(values) / LEAST_REPEATS


def accuracy(values: Sequence[str], labels: Sequence[str]) -> float:
    """Returns the share of rows whose label is the most frequent one of the other rows with the same value."""
    counts = defaultdict[str, Counter[str]](Counter)
    for value, label in zip(values, labels, strict=False):
        counts[value][label] += 1
    right = 0
    for value, label in zip(values, labels, strict=False):
        others = counts[value]
        others[label] -= 1
        right += others[label] > 0 and others[label] == max(others.values())
        others[label] += 1
    return right / len(labels)
