"""What the report of a training says about a model, next to its folder or in MLflow."""

from collections.abc import Sequence
from pathlib import Path

from classifier.data.trained_texts import TRAINED_TEXTS, count_trained
from classifier.settings import Server
from classifier.terminal import warn
from classifier.tracking.models import run_file, run_of_model


def report_file(name: str, named: str, folder: Path, server: Server) -> Path | None:
    """Returns a file of the report of a model's training, or None if it is not available.

    Args:
        name: path of the file within the report.
        named: the model as the settings name it; see `named_models.model_folder`.
        folder: folder of the SavedModel.
        server: tracking server.
    """
    path = folder.parent / "report" / name
    if path.exists():
        return path
    run_id = run_of_model(named, folder, server)
    return run_file(run_id, name, server) if run_id else None


def warn_of_trained(texts: Sequence[str], named: str, folder: Path, server: Server) -> None:
    """Warns if the model was trained on some of the texts, as far as the report of its training is available."""
    path = report_file(TRAINED_TEXTS, named, folder, server)
    if path and (count := count_trained(texts, path)):
        warn(
            f"Warning: the model was trained on {count:,} of these {len(texts):,} texts, so the results are better "
            "than on new texts."
        )
