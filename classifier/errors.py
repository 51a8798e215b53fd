"""The exception for mistakes of the user, which commands print as a sentence without a traceback."""

from pathlib import Path

SOURCES = Path(__file__).parents[1] / "pyproject.toml"  # is there unless a wheel is installed


class UserError(Exception):
    """A mistake that the user can fix: the message names what is wrong, where it is and how to fix it."""


def on_own_line(command: str) -> str:
    """Returns a command for the end of a message, on a line of its own, so that it can be copied in one piece."""
    return f"\n  {command}"


def to_install(extra: str) -> str:
    """Returns the command that installs an extra of this project, for the end of a message."""
    what = f"-e '.[{extra}]' -c constraints.txt" if SOURCES.exists() else f"'classifier[{extra}]'"
    return on_own_line(f"pip install {what}")
