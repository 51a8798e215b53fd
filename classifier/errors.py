"""The one exception that a user's mistake raises; every command prints it as a sentence, without a traceback."""


class UserError(Exception):
    """A mistake that the user can mend: its message names the thing, the place and the way out."""
