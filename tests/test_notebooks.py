"""All notebooks run in a short form in an empty folder, and are kept with outputs that are short, without warnings."""

import os
import re
import shlex
import sys
from pathlib import Path

import nbformat
import pytest
from forked_commands import PYTHON, SERVER, address
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
QUICK = f"import sys\nsys.executable = {shlex.join(PYTHON)!r}"  # runs before the first cell
UNCHECKED = "from unchecked import unchecked_exports\n(unchecked := unchecked_exports()).__enter__()"
EPOCHS = re.compile(r"trainer\.epochs=\d+")
LARGEST = 500_000  # bytes
UNWANTED = re.compile(r"Warning|Error|WARNING:|\bI0000\b|━|it/s|examples/s|/(home|root|tmp)/|site-packages")

# warnings about changes within Jupyter
pytestmark = pytest.mark.filterwarnings("ignore")


def texts(notebook):
    """The text of each output."""
    for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
        yield output.get("text", "")
        yield from (str(text) for kind, text in output.get("data", {}).items() if kind.startswith("text/"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_runs(path, tmp_path, monkeypatch):
    monkeypatch.setenv(SERVER, address())
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.source = EPOCHS.sub("trainer.epochs=1", cell.source).replace("attention=dot,local", "attention=local")
    trains = any("TextClassifier(" in cell.source for cell in notebook.cells)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(f"{QUICK}\n{UNCHECKED}" if trains else QUICK))
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert not any("Error" in text for text in texts(notebook)), list(texts(notebook))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_is_kept_with_short_outputs_and_defines_nothing(path):
    notebook = nbformat.read(path, as_version=4)
    assert path.stat().st_size < LARGEST
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code) and sum(bool(cell.outputs) for cell in code) > len(code) / 2
    for text in texts(notebook):
        assert not UNWANTED.search(text), text
    for cell in code:
        assert not any(line.startswith(("def ", "class ")) for line in cell.source.splitlines())
