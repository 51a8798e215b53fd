"""The exception for mistakes of the user, which commands print as a sentence without a traceback."""


class UserError(Exception):
    """A mistake that the user can fix: the message names what is wrong, where it is and how to fix it."""


def to_type(command: str) -> str:
    """Returns a command for the end of a message, on a line of its own, so that it can be copied in one piece."""
    return f"\n  {command}"


def to_install(extra: str) -> str:
    """Returns the command that installs an extra of this project, as `to_type` does."""
    return to_type(f"pip install -e '.[{extra}]' -c constraints.txt")
