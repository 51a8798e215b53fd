"""Labels every row of a file: CSV, TSV, JSON Lines or Parquet in, any of them out.

    python -m classifier.score model=outputs/train/<folder>/model input=mails.csv output=scored.csv
    python -m classifier.score model=models:/support@champion input='in/*.parquet' output=scored.jsonl.gz top_k=3

Every row of the input is a row of the output; one that cannot be scored says why in the column `problem`.
"""

from pathlib import Path
from typing import Any

from classifier.command_line import run_command
from classifier.settings import ScoreSettings


def score(settings: ScoreSettings, _: Path) -> dict[str, Any]:
    """Scores the input; returns what goes into summary.json.

    Args:
        settings: of the command.

    Raises:
        UserError: where there is no such model, or a file is not as it should be.
    """
    from classifier.serving.saved_model import local_folder
    from classifier.serving.score_file import score_files
    from classifier.tracking.models import find_model

    folder = local_folder(settings.model) or find_model(settings.model, settings.tracking)

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


if __name__ == "__main__":
    run_command("score", ScoreSettings, score)
