"""Lists the files that no run needs any more, and deletes them on request.

python -m classifier.clean
python -m classifier.clean delete=true
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.command_line.run import run_command
from classifier.files import delete
from classifier.leaving import run_and_leave
from classifier.settings import CleanSettings
from classifier.terminal import Table, say, show

if TYPE_CHECKING:
    from classifier.tracking.leftovers import Leftover


def clean(settings: CleanSettings, output: Path) -> dict[str, Any]:
    """Lists or deletes leftovers, and returns the content of summary.json.

    Args:
        settings: checked settings.
        output: output folder of the command.

    Raises:
        UserError: if the runs are kept by a server, or there is no database.
    """
    from classifier.tracking.leftovers import find_leftovers, freed_bytes, size

    found = find_leftovers(settings.tracking, Path(settings.outputs))
    rows = [{"path": str(one.path), "reason": one.reason, "bytes": size(one)} for one in found]
    total = freed_bytes(found)
    if found:
        table = Table(["what", "path"], ["MB"])
        for row in rows:
            table.add(row["reason"], row["path"], megabytes(row["bytes"]))
        show(table)
    if settings.delete:
        for leftover in found:
            remove(leftover)
    say(sentence(len(found), total, settings.delete))
    return {"deleted": settings.delete, "bytes": total, "leftovers": rows}


def remove(leftover: "Leftover") -> None:
    """Deletes the parts of a leftover, and its folder if nothing else is in it."""
    for part in leftover.parts:
        delete(part)
    if leftover.path.is_dir() and not any(leftover.path.iterdir()):
        leftover.path.rmdir()


def sentence(count: int, total: int, deleted: bool) -> str:
    """Returns the last line of the command."""
    if not count:
        return "There is nothing to clean."
    folders = f"{count} folder{'s' if count > 1 else ''}, {megabytes(total)} MB"
    return f"Deleted {folders}." if deleted else f"{folders}; nothing was deleted. Delete them with delete=true."


def megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f}"


def main() -> None:
    run_command("clean", CleanSettings, clean)


if __name__ == "__main__":
    run_and_leave(main)
