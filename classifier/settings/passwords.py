"""Detects passwords in addresses, and removes them from everything that is shown or saved."""

import re
from collections.abc import Iterable
from pathlib import Path

from classifier.errors import UserError

IN_ADDRESS = re.compile(r"(://[^\s:/@]*:)(?!\d{1,5}(?:[/,?#\s\]]|$))[^\s,]*@")  # http://user:password@host
IN_QUERY = re.compile(r"([?&;]|%3B)(\w*(?:passw(?:or)?d|pwd|token|secret))(=|%3D)(?:(?!%3B)[^&;\s])*", re.IGNORECASE)


def without_passwords(text: str) -> str:
    """Replaces each password in an address with three asterisks.

    >>> without_passwords("no answer from http://me:secret@host:5000/, nor from http://host:5000")
    'no answer from http://me:***@host:5000/, nor from http://host:5000'
    >>> without_passwords("postgresql://host/runs?user=me&password=secret")
    'postgresql://host/runs?user=me&password=***'
    """
    return IN_QUERY.sub(r"\1\2\3***", IN_ADDRESS.sub(r"\1***@", text))


def check_no_password(arguments: Iterable[str]) -> None:
    """Checks that there is no password on the command line, where Hydra would save it and `ps` would show it.

    Raises:
        UserError: if there is a password; the message names the key and other ways to pass a password.
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
    """Removes the passwords of configuration files from the YAML files that Hydra has saved."""
    for path in folder.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        if without_passwords(text) != text:
            path.write_text(without_passwords(text), encoding="utf-8")
