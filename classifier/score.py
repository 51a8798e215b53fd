"""Labels every row of a file: CSV, TSV, JSON Lines or Parquet in, any of them out.

    python -m classifier.score model=outputs/train/<folder>/model input=mails.csv output=scored.csv
    python -m classifier.score model=models:/support@champion input='in/*.parquet' output=scored.jsonl.gz top_k=3

Every row of the input is a row of the output; one that cannot be scored says why in the column `problem`.
"""

import difflib
import os
from pathlib import Path
from typing import Any

from classifier.command_line import run_command
from classifier.errors import UserError
from classifier.settings import ScoreSettings


def score(settings: ScoreSettings, _: Path) -> dict[str, Any]:
    """Scores the input; returns what goes into summary.json.

    Args:
        settings: of the command.

    Raises:
        UserError: where there is no such model, or a file is not as it should be.
    """
    from classifier.serving.score_file import score_files

    folder = model_folder(settings)

    def load():
        from classifier.start import start_tensorflow

        start_tensorflow()
        from classifier.serving.saved_model import SavedClassifier

        return SavedClassifier(folder)

    done = score_files(settings, load)
    bad = f" ({done.bad_rows:,} bad, see the column {settings.prefix}problem)" if done.bad_rows else ""
    print(f"Scored {done.rows:,} rows{bad}, {done.rows_per_second:,.0f} rows/s: {done.output}")
    return {
        "model": str(folder),
        "input": [str(path) for path in done.files],
        "output": str(done.output),
        "rows": done.rows,
        "bad_rows": done.bad_rows,
        "rows_per_second": round(done.rows_per_second, 1),
    }


def model_folder(settings: ScoreSettings) -> Path:
    """Where the SavedModel lies.

    Raises:
        UserError: where it lies nowhere.
    """
    from classifier.serving.saved_model import check_folder

    folder = Path(settings.model).expanduser()
    if not folder.is_dir():
        if looks_like_path(settings.model):
            raise UserError(f"model={settings.model}: there is no such folder.{nearest(folder)}")
        from classifier.tracking import find_model

        folder = find_model(settings.model, settings.tracking)
    check_folder(folder)
    return folder


def looks_like_path(model: str) -> bool:
    """Whether it can be no run id and no models:/ address.

    >>> looks_like_path("outputs/model"), looks_like_path("models:/support/3")
    (True, False)
    """
    return not model.startswith("models:/") and (os.sep in model or model.startswith(("~", ".")))


def nearest(folder: Path) -> str:
    """The neighbour whose name is like that of the folder, as a question."""
    names = [path.name for path in folder.parent.iterdir()] if folder.parent.is_dir() else []
    near = difflib.get_close_matches(folder.name, names, n=1)
    return f" Did you mean {folder.parent / near[0]}?" if near else ""


if __name__ == "__main__":
    run_command("score", ScoreSettings, score)
