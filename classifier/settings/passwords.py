"""Passwords in addresses: recognised, and left out of whatever is shown or kept."""

import re
from collections.abc import Iterable
from pathlib import Path

from classifier.errors import UserError

IN_ADDRESS = re.compile(r"(://[^\s:/@]*:)(?!\d{1,5}(?:[/,?#\s\]]|$))[^\s,]*@")  # http://user:password@host
IN_QUERY = re.compile(r"([?&;]|%3B)(\w*(?:passw(?:or)?d|pwd|token|secret))(=|%3D)(?:(?!%3B)[^&;\s])*", re.IGNORECASE)


def without_passwords(text: str) -> str:
    """The text with three asterisks in place of each password of an address.

    >>> without_passwords("no answer from http://me:secret@host:5000/, nor from http://host:5000")
    'no answer from http://me:***@host:5000/, nor from http://host:5000'
    >>> without_passwords("postgresql://host/runs?user=me&password=secret")
    'postgresql://host/runs?user=me&password=***'
    """
    return IN_QUERY.sub(r"\1\2\3***", IN_ADDRESS.sub(r"\1***@", text))


def check_no_password(arguments: Iterable[str]) -> None:
    """Refuses a password on the command line, which Hydra would save, sweeps would pass on and `ps` would show.

    Raises:
        UserError: naming the key, with the ways to give a password.
    """
    for argument in arguments:
        key = argument.partition("=")[0].lstrip("+")
        if key != "text" and without_passwords(argument) != argument:
            raise UserError(
                f"{without_passwords(argument)} holds a password, which would be kept with the run. Put the address "
                f"into an environment variable NAME and write '{key}=${{oc.env:NAME}}'; for tracking.uri there are "
                "also MLFLOW_TRACKING_URI and, for a server, MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD."
            )


def hide_passwords(folder: Path) -> None:
    """Hides the passwords in the YAML files that Hydra has saved, which hold what its configuration files say."""
    for path in folder.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        if without_passwords(text) != text:
            path.write_text(without_passwords(text), encoding="utf-8")
