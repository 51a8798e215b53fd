"""All that a training needs to go on after a crash, in one file that is always whole."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from classifier.errors import UserError
from classifier.files import whole_file


def save_checkpoint(path: Path, state: dict[str, Any], arrays: dict[str, list[np.ndarray]]) -> None:
    """Writes the file whole or not at all: a crash leaves the old one or the new one. The folder is locked meanwhile.

    Args:
        path: of the file; its folder is made.
        state: JSON values.
        arrays: named lists of arrays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    named: dict[str, Any] = {f"{name}/{i}": array for name, group in arrays.items() for i, array in enumerate(group)}
    for left in path.parent.glob(".*.part"):
        left.unlink(missing_ok=True)  # by a process that was killed; no other one writes here now
    with whole_file(path) as file:
        np.savez(file, state=np.array(json.dumps(state)), **named)


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
