"""Checkpoints: everything that is required to resume a training after a crash, in a file that is written atomically."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from classifier.errors import UserError
from classifier.files import whole_file


def save_checkpoint(path: Path, state: dict[str, Any], arrays: dict[str, list[np.ndarray]]) -> None:
    """Writes the file atomically: after a crash, it is the old or the new file. The caller must have locked the folder.

    Args:
        path: path of the file, whose folder is created if necessary.
        state: values for JSON.
        arrays: named lists of arrays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    named: dict[str, Any] = {f"{name}/{i}": array for name, group in arrays.items() for i, array in enumerate(group)}
    for left in path.parent.glob(".*.part"):
        left.unlink(missing_ok=True)  # left by a killed process; no other process can be writing here
    with whole_file(path) as file:
        np.savez(file, state=np.array(json.dumps(state)), **named)


def load_checkpoint(path: Path) -> tuple[dict[str, Any], dict[str, list[np.ndarray]]] | None:
    """Returns the state and the arrays of `save_checkpoint`, or None if there is no file.

    Raises:
        UserError: if the file is damaged.
    """
    if not path.exists():
        return None
    try:
        with (
            path.open("rb") as raw,
            np.load(raw) as file,
        ):  # opened explicitly, because NumPy does not close a damaged file
            state = json.loads(str(file["state"]))
            groups: dict[str, dict[int, np.ndarray]] = {}
            for key in file.files:
                if key != "state":
                    name, index = key.split("/")
                    groups.setdefault(name, {})[int(index)] = file[key]
    except Exception as error:
        raise UserError(f"The checkpoint {path} is damaged ({error}). Delete it and start again.") from error
    return state, {name: [group[index] for index in sorted(group)] for name, group in groups.items()}
