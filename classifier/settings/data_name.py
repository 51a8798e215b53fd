"""The name of a data set without a configured name: that of its file or folder."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

NO_DATA = "files"  # name if no file is given
GENERAL = ("train", "training", "data")  # names of files that say less than their folder


def data_name(train: str | Sequence[Any] | None) -> str:
    """Returns the name of the first file without its extensions, or of its folder if the file has a general name.

    >>> data_name("tickets.csv"), data_name("reviews/train.csv.gz"), data_name(["reviews/2025-*.csv", "more.csv"])
    ('tickets', 'reviews', 'reviews')
    """
    first = train if isinstance(train, str) else next(iter(train or []), None)
    path = PurePath(str(first or ""))
    parts = [part for part in path.parts if not set(part) & set("*?[")]
    name = path.name.split(".")[0] if parts and parts[-1] == path.name else ""
    if name and name.lower() not in GENERAL:
        return name
    folders = parts[:-1] if name else parts
    return (folders[-1].strip("/.") if folders else "") or name or NO_DATA
