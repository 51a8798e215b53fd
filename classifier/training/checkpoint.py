"""All that a training needs to go on after a crash, in one file that is always whole."""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from classifier.errors import UserError

TRIES, PAUSE = 5, 0.05  # at a lock, and seconds between two


@contextlib.contextmanager
def locked(folder: Path, doing: str = "training") -> Iterator[None]:
    """Holds the folder for this process alone; the lock vanishes with the process, however it ends.

    Args:
        folder: is made where there is none.
        doing: what the process does, for the sentence that refuses another.

    Raises:
        UserError: where another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            take(file)
        except BlockingIOError:
            raise UserError(f"Another process is {doing} in {folder}; wait for it, or end it first.") from None
        yield


def take(file: IO[str]) -> None:
    """Locks the file; a command that only looks whether it is locked holds it for a moment, which is waited for.

    Raises:
        BlockingIOError: where another process holds it.
    """
    for _ in range(TRIES - 1):
        with contextlib.suppress(BlockingIOError):
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(PAUSE)
    return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_abandoned(folder: Path) -> bool:
    """Whether a process of this machine once held the folder, and none does; False where there is no lock to tell."""
    try:
        with (folder / "lock").open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:  # it is held, or there is no such file
        return False
    return True


def save_checkpoint(path: Path, state: dict[str, Any], arrays: dict[str, list[np.ndarray]]) -> None:
    """Writes beside the path, flushes to the disk, then renames: a crash leaves the old file or the new one.

    Args:
        path: of the file; its folder is made.
        state: JSON values.
        arrays: named lists of arrays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    named: dict[str, Any] = {f"{name}/{i}": array for name, group in arrays.items() for i, array in enumerate(group)}
    part = path.with_suffix(".part")
    try:
        with part.open("wb") as file:
            np.savez(file, state=np.array(json.dumps(state)), **named)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError:  # a full disk: give its room back
        part.unlink(missing_ok=True)
        raise


def load_checkpoint(path: Path) -> tuple[dict[str, Any], dict[str, list[np.ndarray]]] | None:
    """The state and the arrays of `save_checkpoint`; None where there is no file.

    Raises:
        UserError: where the file is damaged.
    """
    if not path.exists():
        return None
    try:
        with path.open("rb") as raw, np.load(raw) as file:  # opened here: numpy leaves a damaged file open
            state = json.loads(str(file["state"]))
            groups: dict[str, dict[int, np.ndarray]] = {}
            for key in file.files:
                if key != "state":
                    name, index = key.split("/")
                    groups.setdefault(name, {})[int(index)] = file[key]
    except Exception as error:
        raise UserError(f"The checkpoint {path} is damaged ({error}). Delete it and start again.") from error
    return state, {name: [group[index] for index in sorted(group)] for name, group in groups.items()}
