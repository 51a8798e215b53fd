"""Finds what is wrong with labelled texts: wrong labels, near-duplicates, contradictions, leaks from test to train.

python -m classifier.audit messages.csv
python -m classifier.audit data.train=train.csv data.test=test.csv data.text=message data.label=topic
python -m classifier.audit messages.csv audit.fix=drop
"""

import shlex
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.command_line.arguments import with_files
from classifier.command_line.run import run_command
from classifier.errors import UserError
from classifier.files import write_records, write_text
from classifier.leaving import run_and_leave
from classifier.progress import Stage
from classifier.settings import AuditSettings, DataSettings, Fix, TaskKind, as_typed
from classifier.terminal import Table, say, show, shown_path

if TYPE_CHECKING:
    from classifier.auditing.find_issues import Audit
    from classifier.auditing.pool import Pool

FIXED = "fixed"  # folder of the new files
SHOWN, LONGEST = 3, 40  # issues of a kind, and characters of a text, in the terminal


def audit(settings: AuditSettings, output: Path) -> dict[str, Any]:
    """Writes the issues and a page, and new files if they are asked for; returns the content of summary.json.

    Args:
        settings: checked settings.
        output: output folder of the command.

    Raises:
        UserError: for files that cannot be used.
    """
    from classifier.auditing.issue import ISSUES, Kind, Similar, write_issues

    with Stage("Reading the data"):
        data, pool, files = read(settings, output)
    with Stage("Starting TensorFlow"):
        from classifier.start import start_tensorflow

        start_tensorflow(deterministic=True)
        from classifier.auditing.find_issues import find_issues
        from classifier.auditing.page import page, verdict
    found = find_issues(pool, settings.seed)
    write_issues(output / ISSUES, found.issues)
    write_records(output / "similar.csv", Similar, map(pool.similar, found.pairs))
    write_text(output / "audit.html", page(f"Audit of {data.name}", pool, found))
    if found.issues:
        show(most_certain(pool, found))
    for line in verdict(pool, found):
        say(line)
    say(f"Issues   {shown_path(output / ISSUES)}")
    say(f"Look at  {shown_path(output / 'audit.html')}")
    return {
        "rows": len(pool.rows),
        "rows_with_issues": len(set(found.places)),
        "issues": {kind.value: sum(issue.issue is kind for issue in found.issues) for kind in Kind},
        "leak_worth": dict(zip(("with", "without"), found.leak_worth, strict=True)) if found.leak_worth else None,
        "leaking_columns": pool.leaking_columns,
        "page": str(output / "audit.html"),
        **(fixed(settings.audit.fix, data, pool, found, files, output) if settings.audit.fix else {}),
    }


def read(settings: AuditSettings, output: Path) -> "tuple[DataSettings, Pool, list[str]]":
    """Returns how the data are read, the texts, and the paths of the files of train; prints notices."""
    from classifier.auditing.fix import check_fix
    from classifier.auditing.pool import read_pool
    from classifier.data import write_rejects
    from classifier.data.columns import with_columns
    from classifier.data.formats.choose import find_labelled
    from classifier.data.several_labels import has_several
    from classifier.data.splits import check_root

    check_root(settings.data)
    data, notice = with_columns(settings.data, "audit")
    if notice:
        say(notice)
    if data.train is not None and has_several(TaskKind.auto, data):
        raise UserError(
            "An audit is of texts with one label each, but these can have several: give one column of them."
        )
    pool = read_pool(data)
    files = [str(path) for path in find_labelled(data.train, data)]
    if settings.audit.fix:
        check_fix(pool, files, settings.audit.fix, data, output / FIXED)
    for notice in pool.notices:
        say(notice)
    if pool.rejects:
        write_rejects(output / "rejects.csv", pool.rejects)
    return data, pool, files


def fixed(
    fix: Fix, data: DataSettings, pool: "Pool", found: "Audit", files: Sequence[str], output: Path
) -> dict[str, Any]:
    """Writes the new files, and returns their paths for the summary."""
    from classifier.auditing.fix import fixes_of, write_fixed

    places = zip(found.issues, found.places, strict=True)
    issues = [issue for issue, place in places if pool.splits[place] == "train"]
    paths, notices = write_fixed(output / FIXED, files, fixes_of(issues, fix), data)
    for line in [*(f"Fixed    {shown_path(path)}" for path in paths), *notices]:
        say(line)
    columns = [f"data.text={as_typed(data.text)}", f"data.label={as_typed(data.label)}"]
    say(f"Next     classifier train {shlex.join([*map(shown_path, paths), *columns])}")
    return {"fixed": list(map(str, paths))}


def most_certain(pool: "Pool", found: "Audit") -> Table:
    """Returns a table of the most certain issues of each kind."""
    from classifier.auditing.issue import Kind

    table = Table(["issue", "row", "label", "suggested", "text"], ["score"])
    for kind in Kind:
        of_kind = [one for one in zip(found.issues, found.places, strict=True) if one[0].issue is kind]
        for issue, place in of_kind[:SHOWN]:
            text = textwrap.shorten(pool.examples.texts[place], LONGEST, placeholder="…")
            row = f"{Path(issue.file).name}:{issue.row}"
            table.add(kind.value, row, issue.given_label, issue.suggested_label, text, f"{issue.score:.3f}")
    return table


def main() -> None:
    run_command("audit", AuditSettings, audit, with_files)


if __name__ == "__main__":
    run_and_leave(main)
