"""Writes the files of train again without the rows that have issues, or with other labels; never over the old files."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classifier.auditing.issue import Issue
from classifier.data.files import format_of
from classifier.data.formats.choose import chosen_format
from classifier.data.rows import columns_of, read_rows
from classifier.errors import UserError
from classifier.files import whole_file
from classifier.scoring.new_file import new_file
from classifier.scoring.tables import WriterOptions, open_table
from classifier.settings import AuditSettings, DataSettings, Fix

BATCH = 4096  # rows


def check_fix(settings: AuditSettings, files: Sequence[str]) -> None:
    """Checks that the files can be written again.

    Raises:
        UserError: for a format that is only read.
    """
    for file in files if settings.audit.fix else ():
        path = Path(file)
        if chosen_format(path, settings.data) is not None or format_of(path) in ("xlsx", "text"):
            raise UserError(
                f"audit.fix={settings.audit.fix.name} writes CSV, TSV, JSON Lines and Parquet, but not {path}. "  # pyright: ignore
                "Leave it out: issues.csv lists the rows to change."
            )


def write_fixed(
    folder: Path, files: Sequence[str], issues: Sequence[Issue], fix: Fix, data: DataSettings
) -> list[Path]:
    """Writes a file for each file of train, and returns their paths.

    Args:
        folder: new folder.
        files: paths of the files of train.
        issues: issues to fix.
        fix: drop removes the rows; relabel gives them the suggested label, if there is one.
        data: how the files are read.
    """
    of_file = defaultdict[str, dict[int, str]](dict)
    for issue in issues:
        if fix is Fix.drop or issue.suggested_label:
            of_file[issue.file].setdefault(issue.row, issue.suggested_label)
    folder.mkdir(parents=True)
    written = []
    for number, file in enumerate(files):
        name = Path(file).name
        target = folder / (name if name not in {path.name for path in written} else f"{number}_{name}")
        write = write_parquet if format_of(file) == "parquet" else write_rows
        write(Path(file), target, of_file[file], fix, data)
        written.append(target)
    return written


def write_rows(source: Path, target: Path, fixes: dict[int, str], fix: Fix, data: DataSettings) -> None:
    """Writes CSV, TSV or JSON Lines; `fixes` has the new label of each row with an issue."""
    columns: dict[str, Any] = dict.fromkeys(columns_of(source, data))
    options = WriterOptions(data.delimiter, own_keys=format_of(source) == "json")
    with new_file(target) as stream, open_table(stream, target, columns, {}, options) as table:
        batch: list[dict[str, Any]] = []
        for row in read_rows(source, data):
            if row.number in fixes:
                if fix is Fix.drop:
                    continue
                row.values[str(data.label)] = fixes[row.number]
            batch.append(row.values)
            if len(batch) == BATCH:
                table.write(batch, [])
                batch = []
        table.write(batch, [])


def write_parquet(source: Path, target: Path, fixes: dict[int, str], fix: Fix, data: DataSettings) -> None:
    """Writes Parquet; arguments as for `write_rows`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(source)
    if fix is Fix.drop:
        table = table.filter(pa.array([row + 1 not in fixes for row in range(len(table))]))
    else:
        place, column = table.column_names.index(str(data.label)), table[str(data.label)]
        labels = [fixes.get(row, label) for row, label in enumerate(column.to_pylist(), 1)]
        table = table.set_column(place, str(data.label), pa.array(list(map(str, labels))).cast(column.type))
    with whole_file(target) as stream:
        pq.write_table(table, stream)
