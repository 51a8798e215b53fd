"""Passwords in addresses: recognised, and left out of whatever is shown or kept."""

import re

IN_ADDRESS = re.compile(r"(://[^\s:/@]*:)\S*@")  # http://user:password@host
IN_QUERY = re.compile(r"([?&](?:password|passwd|pwd)=)[^&\s]*", re.IGNORECASE)


def without_passwords(text: str) -> str:
    """The text with three asterisks in place of each password of an address.

    >>> without_passwords("no answer from http://me:secret@host:5000/, nor from http://host:5000")
    'no answer from http://me:***@host:5000/, nor from http://host:5000'
    >>> without_passwords("postgresql://host/runs?user=me&password=secret")
    'postgresql://host/runs?user=me&password=***'
    """
    return IN_QUERY.sub(r"\1***", IN_ADDRESS.sub(r"\1***@", text))
