"""The exception for mistakes of the user, which commands print as a sentence without a traceback."""


class UserError(Exception):
    """A mistake that the user can fix: the message names what is wrong, where it is and how to fix it."""
