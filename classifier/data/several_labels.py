"""Finds out whether the texts of a file have several labels each."""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from classifier.data.fields import label_list
from classifier.data.formats.choose import chosen_format, find_labelled
from classifier.data.formats.labelled import LABEL
from classifier.data.label_reader import label_columns, written_list
from classifier.data.rows import check_columns, read_rows
from classifier.errors import UserError
from classifier.settings import DataSettings, TaskKind

SAMPLE_ROWS = 1000
SEPARATORS = ("|", ";", ",", "/", "+")


def has_several(task: TaskKind, data: DataSettings) -> bool:
    """Returns whether a text can have several labels: as the settings say, or as the first rows of train plainly do.

    A list of several labels in more rows than may be unusable is plain.

    Raises:
        UserError: if the settings contradict each other.
    """
    columns = label_columns(data)
    by_data = {"data.separator": data.separator is not None, "a list of columns as data.label": len(columns) > 1}
    named = [what for what, given in by_data.items() if given]
    if task is TaskKind.single_label and named:
        raise UserError(f"task=single_label contradicts {named[0]}, which is for several labels per text.")
    if task is not TaskKind.auto or named:
        return task is TaskKind.multi_label or bool(named)
    if data.train is None:
        return False
    path = find_labelled(data.train, data)[0]
    lengths = [len(labels) for labels in islice(listed_cells(path, data, columns[0]), SAMPLE_ROWS)]
    return sum(length > 1 for length in lengths) > data.max_bad_rows * len(lengths)


def listed_cells(path: Path, data: DataSettings, column: str) -> Iterator[list[Any]]:
    """Yields the lists in the cells of labels; an empty list for any other cell."""
    form = chosen_format(path, data)
    if form is None:
        check_columns(path, data, [column])
    rows, column = (form.read(path, data, []), LABEL) if form else (read_rows(path, data, [column]), column)
    for row in rows:
        value = row.value(column)
        listed = written_list(value) if isinstance(value, str) else label_list(value)
        yield listed or []


def refuse_joined(counts: Mapping[str, int]) -> None:
    """Refuses classes that seem to be several labels in one cell: all of their parts are classes themselves.

    Args:
        counts: number of texts of each class.

    Raises:
        UserError: if there are such classes; the message has the setting for either meaning.
    """
    for separator in SEPARATORS:
        joined = [name for name in counts if separator in name]
        plain = [name for name in joined if all(part.strip() in counts for part in name.split(separator))]
        if plain:
            more = f" and {len(plain) - 1:,} more labels" if plain[1:] else ""
            raise UserError(
                f"{plain[0]!r}{more} consist{'' if plain[1:] else 's'} of other labels, joined by {separator!r}. If a "
                f'text can have several labels, type data.separator="{separator}"; if these are classes of their own, '
                "type task=single_label."
            )
