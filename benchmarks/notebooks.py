"""Runs the notebooks and stores their outputs, which must neither name this machine nor hold warnings.

python benchmarks/notebooks.py [01_quickstart ...]        # about five minutes on two cores; needs [notebooks]
"""

import re
import tempfile
from pathlib import Path
from typing import Any

from harness.project import ROOT, door

NOTEBOOKS = ROOT / "notebooks"
CLEARED = ("execution", "ExecuteTime", "collapsed")  # metadata of cells


def main() -> None:
    import nbformat

    parser = door(__doc__)
    parser.add_argument("names", nargs="*", help="notebooks without their ending; by default all of them")
    names = parser.parse_args().names or sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
    for path in (NOTEBOOKS / f"{name}.ipynb" for name in names):
        notebook = executed(nbformat.read(path, as_version=4))
        nbformat.write(notebook, path)
        print(f"{path.name}: {path.stat().st_size / 1000:,.0f} kB")


def executed(notebook: Any) -> Any:
    """Runs all cells in an empty folder, and cleans their outputs."""
    from nbclient import NotebookClient

    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(notebook, timeout=1800, resources={"metadata": {"path": folder}}).execute()
        for cell in notebook.cells:
            for name in CLEARED:
                cell.metadata.pop(name, None)
            if cell.cell_type == "code":
                cell.outputs = [cleaned(output, Path(folder)) for output in cell.outputs if not is_warning(output)]
    notebook.metadata.pop("widgets", None)
    return notebook


def is_warning(output: Any) -> bool:
    return output.output_type == "stream" and output.name == "stderr"


def cleaned(output: Any, folder: Path) -> Any:
    """Makes paths relative, and removes the ids that pandas and others draw at random."""
    if output.output_type == "stream":
        output.text = without(output.text, folder)
    for kind, content in output.get("data", {}).items():
        if kind.startswith("text/") and isinstance(content, str):
            output.data[kind] = without(content, folder)
    return output


def without(text: str, folder: Path) -> str:
    return re.sub(rf"(/private)?{re.escape(str(folder))}/?", "", text)


if __name__ == "__main__":
    main()
