"""Finds what is wrong with labelled texts: wrong labels, near-duplicates, contradictions, leaks from test to train.

python -m classifier.audit messages.csv
python -m classifier.audit data.train=train.csv data.test=test.csv data.text=message data.label=topic
python -m classifier.audit messages.csv audit.fix=drop
"""

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.command_line.arguments import with_files
from classifier.command_line.run import run_command
from classifier.errors import UserError
from classifier.files import write_text
from classifier.leaving import run_and_leave
from classifier.progress import Stage
from classifier.settings import AuditSettings
from classifier.terminal import Table, say, show, shown_path

if TYPE_CHECKING:
    from classifier.auditing.find_issues import Audit
    from classifier.auditing.pool import Pool

SHOWN, LONGEST = 3, 40  # issues of a kind, and characters of a text, in the terminal


def audit(settings: AuditSettings, output: Path) -> dict[str, Any]:
    """Writes the issues and a page, and new files if they are asked for; returns the content of summary.json.

    Args:
        settings: checked settings.
        output: output folder of the command.

    Raises:
        UserError: for files that cannot be used.
    """
    from classifier.auditing.fix import check_fix, write_fixed
    from classifier.auditing.issue import ISSUES, Kind, write_issues
    from classifier.auditing.pool import read_pool
    from classifier.data import write_rejects
    from classifier.data.columns import with_columns
    from classifier.data.formats.choose import find_labelled
    from classifier.data.several_labels import has_several
    from classifier.data.splits import check_root
    from classifier.settings import TaskKind

    with Stage("Reading the data"):
        check_root(settings.data)
        data, notice = with_columns(settings.data)
        if notice:
            say(notice)
        if data.train is not None and has_several(TaskKind.auto, data):
            raise UserError("An audit is of texts with one label each, but these can have several.")
        pool = read_pool(data)
        files = [str(path) for path in find_labelled(data.train, data)]
        check_fix(settings, files)
    for notice in pool.notices:
        say(notice)
    if pool.rejects:
        write_rejects(output / "rejects.csv", pool.rejects)
    with Stage("Starting TensorFlow"):
        from classifier.start import start_tensorflow

        start_tensorflow(deterministic=True)
        from classifier.auditing.find_issues import find_issues
        from classifier.auditing.page import page, verdict
    found = find_issues(pool, settings.seed)
    write_issues(output / ISSUES, found.issues)
    write_text(output / "audit.html", page(f"Audit of {data.name}", pool, found))
    if found.issues:
        show(surest(pool, found))
    for line in verdict(pool, found):
        say(line)
    say(f"Issues   {shown_path(output / ISSUES)}")
    say(f"Look at  {shown_path(output / 'audit.html')}")
    summary = {
        "rows": len(pool.rows),
        "rows_with_issues": len(set(found.places)),
        "issues": {kind.value: sum(issue.issue is kind for issue in found.issues) for kind in Kind},
        "leak_worth": dict(zip(("with", "without"), found.leak_worth, strict=True)) if found.leak_worth else None,
        "telling_columns": pool.telling,
        "page": str(output / "audit.html"),
    }
    if settings.audit.fix:
        fixed = write_fixed(output / "fixed", files, found.issues, settings.audit.fix, data)
        for path in fixed:
            say(f"Fixed    {shown_path(path)}")
        summary["fixed"] = list(map(str, fixed))
    return summary


def surest(pool: "Pool", found: "Audit") -> Table:
    """Returns a table of the surest issues of each kind."""
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
