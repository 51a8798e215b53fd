"""A result.json for each case, so that an interrupted measurement continues."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from classifier.files import write_text
from harness.machine import machine


def kept(folder: Path, options: Mapping[str, Any], measure: Callable[[], Any]) -> dict[str, Any]:
    """The result of a case: `machine`, the `options` on which it depends, and `found`, which `measure` returns.

    If the folder of the case has a result.json of the same options, nothing is measured; delete it to measure again.
    """
    options = json.loads(json.dumps(options))  # as they are read back
    if (earlier := read(folder)) and earlier["options"] == options:
        return earlier
    facts = machine()  # before, as the load of the machine is part of them
    text = json.dumps({"machine": facts, "options": options, "found": measure()}, indent=2)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "result.json", text + "\n")
    return json.loads(text)


def read(folder: Path) -> dict[str, Any] | None:
    path = folder / "result.json"
    result = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return result if "found" in result else None  # a file of another form is no result
