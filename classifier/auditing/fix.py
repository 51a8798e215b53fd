"""Writes the files of train again without the rows that have issues, or with other labels; never over the old files."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from classifier.auditing.issue import Issue, Kind
from classifier.auditing.pool import Pool
from classifier.data.delimited import SAMPLE_LINES, has_semicolons
from classifier.data.files import format_of
from classifier.data.formats.choose import chosen_format
from classifier.data.labels import folded_label
from classifier.data.lines import read_lines
from classifier.data.rows import columns_of, read_rows
from classifier.errors import UserError
from classifier.scoring.new_file import new_file
from classifier.scoring.tables import WriterOptions, open_table
from classifier.settings import DataSettings, Fix
from classifier.terminal import counted

BATCH = 4096  # rows
RELABELLED = (Kind.contradiction, Kind.label, Kind.spelling)  # issues whose suggestion is followed, the first one first
Fixes = dict[int, str | None]  # the new label of each row with an issue; None: the row is left out


def check_fix(pool: Pool, files: Sequence[str], fix: Fix, data: DataSettings, folder: Path) -> None:
    """Checks that the files can be written again.

    Args:
        pool: the audited texts.
        files: paths of the files of train.
        fix: what is done.
        data: how the files are read.
        folder: folder of the new files.

    Raises:
        UserError: for a format that is only read, a label in an inner key, rows without a number of their own, or a
            folder that exists.
    """
    asked, instead = f"audit.fix={fix.name}", "Leave it out: issues.csv lists the rows to change."
    if folder.exists():
        raise UserError(f"{folder} exists already: {asked} never writes over files. Choose another hydra.run.dir.")
    twice = [file for (file, _), count in Counter(zip(pool.files, pool.rows, strict=True)).items() if count > 1]
    for file in files:
        path = Path(file)
        if chosen_format(path, data) is not None or format_of(path) in ("xlsx", "text"):
            raise UserError(f"{asked} writes CSV, TSV, JSON Lines and Parquet, but not {path}. {instead}")
        if file in twice:
            raise UserError(
                f"{asked}: {path} has several rows in a line, which have the same number. Write one a line."
            )
        if not any(data.label in row.values for row in islice(read_rows(path, data), BATCH)):
            raise UserError(
                f"{asked} changes a column of its own, but data.label={data.label} is inside one. {instead}"
            )


def fixes_of(issues: Sequence[Issue], fix: Fix) -> dict[str, Fixes]:
    """Returns what is done with each row of each file.

    Both follow the suggested spelling of a label. If a text has contradictory labels, the rows with its most frequent
    one stay as they are.
    """
    found = defaultdict[str, Fixes](dict)
    followed = RELABELLED if fix is Fix.relabel else (Kind.spelling,)
    for kind in reversed(followed):
        for issue in issues:
            if issue.issue is kind and issue.suggested_label not in ("", issue.given_label):
                found[issue.file][issue.row] = issue.suggested_label
    for issue in issues if fix is Fix.drop else ():
        if issue.issue not in followed and folded_label(issue.suggested_label) != folded_label(issue.given_label):
            found[issue.file][issue.row] = None
    return found


def write_fixed(
    folder: Path, files: Sequence[str], fixes: Mapping[str, Fixes], data: DataSettings
) -> tuple[list[Path], list[str]]:
    """Writes a file for each file of train, in UTF-8; returns their paths, and notices.

    Rows that cannot be read are left out.

    Args:
        folder: new folder.
        files: paths of the files of train.
        fixes: see `fixes_of`.
        data: how the files are read.
    """
    folder.mkdir(parents=True)
    written, notices = list[Path](), list[str]()
    for file in files:
        target, own = new_name(folder, Path(file).name, written), fixes.get(file, {})
        if format_of(file) == "parquet":
            write_parquet(Path(file), target, own, data)
        elif left_out := write_rows(Path(file), target, own, data):
            notices.append(f"{target.name} is without {counted(left_out, 'row')} that cannot be read; see rejects.csv.")
        dropped = sum(label is None for label in own.values())
        notices.append(f"{file}: {counted(dropped, 'row')} left out, {len(own) - dropped:,} with another label.")
        written.append(target)
    if data.encoding not in (None, DataSettings.encoding) and any(format_of(file) != "parquet" for file in files):
        notices.append(f"The new files are in UTF-8: leave out data.encoding={data.encoding} to read them.")
    return written, notices


def new_name(folder: Path, name: str, taken: Sequence[Path]) -> Path:
    """Returns a path in the folder with this name, or with a number before it if files of other folders have it."""
    names, number = {path.name for path in taken}, 2
    free = name
    while free in names:
        free, number = f"{number}_{name}", number + 1
    return folder / free


def write_rows(source: Path, target: Path, fixes: Fixes, data: DataSettings) -> int:
    """Writes CSV, TSV or JSON Lines, and returns the number of rows that cannot be read."""
    columns: dict[str, Any] = dict.fromkeys(columns_of(source, data))
    options = WriterOptions(data.delimiter or found_delimiter(source, data), own_keys=format_of(source) == "json")
    left_out, label = 0, str(data.label)
    with new_file(target) as stream, open_table(stream, target, columns, {}, options) as table:
        batch: list[dict[str, Any]] = []
        for row in read_rows(source, data):
            left_out += bool(row.problem)
            new = fixes.get(row.number, "")
            if row.problem or new is None:
                continue
            batch.append({**row.values, label: of_same_type(new, row.values[label])} if new else row.values)
            if len(batch) == BATCH:
                table.write(batch, [])
                batch = []
        table.write(batch, [])
    return left_out


def found_delimiter(source: Path, data: DataSettings) -> str | None:
    """Returns the delimiter of a CSV file in which the reader found another than the comma."""
    sample = list(islice(read_lines(source, data.encoding), SAMPLE_LINES)) if format_of(source) == "csv" else []
    return "semicolon" if has_semicolons(sample) else None


def of_same_type(label: str, value: Any) -> Any:
    """Returns a label as a number or boolean if the value that it replaces is one.

    >>> of_same_type("2", 1), of_same_type("2", "1"), of_same_type("true", False), of_same_type("other", 1)
    (2, '2', True, 'other')
    """
    if isinstance(value, str):
        return label
    try:
        return json.loads(label)
    except ValueError:
        return label


def write_parquet(source: Path, target: Path, fixes: Fixes, data: DataSettings) -> None:
    """Writes Parquet with the types of the source."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table, label = pq.read_table(source), str(data.label)
    place, column = table.column_names.index(label), table[label]
    rows = range(1, len(table) + 1)
    if any(fixes.values()):
        values = [
            fixes.get(row) or value for row, value in zip(rows, column.cast(pa.string()).to_pylist(), strict=True)
        ]
        table = table.set_column(place, table.schema.field(place), pa.array(values, pa.string()).cast(column.type))
    table = table.filter(pa.array([fixes.get(row, "") is not None for row in rows]))
    with new_file(target) as stream:
        pq.write_table(table, stream)
