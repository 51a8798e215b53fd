"""Reads the settings, code versions and predictions of runs for a comparison."""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.errors import UserError
from classifier.evaluation.predictions import Predictions, aligned_to, read_predictions
from classifier.settings import CompareSettings, as_typed
from classifier.settings.renamed import renamed
from classifier.terminal import counted
from classifier.tracking.abandoned import connect_existing
from classifier.tracking.named_runs import COMPARISON, DECIDED, KIND, SWEEP_KIND, existing_run, search_runs

NOT_TRAINED = (COMPARISON, SWEEP_KIND, DECIDED)  # kinds of runs with nothing new to compare


@dataclass(frozen=True, slots=True, eq=False)
class RunRecord:
    """A run with its predictions for one split."""

    run_id: str
    name: str
    experiment_id: str
    settings: dict[str, str]  # values as typed on the command line
    code: str  # git commit, and whether there were uncommitted changes
    kind: str  # trial or refit of a sweep; empty for a single training
    predictions: Predictions

    @property
    def label(self) -> str:
        return f"{self.name} ({self.run_id})"


def find_records(settings: CompareSettings) -> tuple[list[RunRecord], list[str]]:
    """Returns the runs that the settings name, oldest first or as listed, and why other runs cannot be compared.

    Raises:
        UserError: if there is no such run or experiment, or a listed run has no predictions.
    """
    mlflow = connect_existing(settings.tracking, f"{source(settings)}: there are no runs")
    split = settings.split.name
    if settings.runs:
        named = [existing_run(mlflow, str(run_id), "runs", settings.tracking) for run_id in settings.runs]
        if len({run.info.run_id for run in named}) < len(named):
            raise UserError(f"{source(settings)} names the same run twice.")
        missing = [why_skipped(run, split) for run in named if not has_predictions(mlflow, run.info.run_id, split)]
        if missing:
            raise UserError(f"{'; '.join(missing)}.{hint(mlflow, named, split)}")
        return read_records(mlflow, named, split), []
    found = [run for run in search_runs(mlflow, settings) if run.data.tags.get(KIND) not in NOT_TRAINED]
    finished = [run for run in found if run.info.status == "FINISHED"]
    usable = [run for run in finished if has_predictions(mlflow, run.info.run_id, split)]
    ids = {run.info.run_id for run in usable}
    skipped = [why_skipped(run, split) for run in found if run.info.run_id not in ids]
    if len(usable) < 2:
        reasons = f" Left out: {'; '.join(skipped)}." if skipped else ""
        raise UserError(f"{source(settings)} has {counted(len(usable), 'run')} to compare; two are needed.{reasons}"
                        f"{hint(mlflow, found, split)}")  # fmt: skip
    return read_records(mlflow, usable, split), skipped


def source(settings: CompareSettings) -> str:
    """Returns the setting that names the runs."""
    if settings.runs:
        return f"runs={as_typed(settings.runs)}"
    return f"sweep={settings.sweep}" if settings.sweep else f"experiment={settings.experiment}"


def has_predictions(mlflow, run_id: str, split: str) -> bool:
    """Whether the run has predictions for the split."""
    wanted = artifact(split)
    return any(file.path == wanted for file in mlflow.MlflowClient().list_artifacts(run_id, split))


def artifact(split: str) -> str:
    return f"{split}/predictions.parquet"


def why_skipped(run, split: str) -> str:
    """Explains why a run cannot be compared."""
    reason = f"keeps no {artifact(split)}" if run.info.status == "FINISHED" else f"is {run.info.status}"
    return f"{run.info.run_name} ({run.info.run_id}) {reason}"


def hint(mlflow, runs: Iterable[Any], split: str) -> str:
    """Returns a hint if the runs have predictions for the other split."""
    other = "valid" if split == "test" else "test"
    count = sum(has_predictions(mlflow, run.info.run_id, other) for run in runs)
    return f" {count} of them keep {artifact(other)}: compare with split={other}." if count > 1 else ""


def read_records(mlflow, runs: Sequence[Any], split: str) -> list[RunRecord]:
    """Reads the runs with their predictions; predictions for the same examples are aligned and share them."""
    firsts: dict[str, Predictions] = {}
    records = []
    for run in runs:
        predictions = run_predictions(mlflow, run.info.run_id, split)
        first = firsts.setdefault(predictions.content, predictions)
        if first is not predictions:
            predictions = aligned_to(first, predictions)
        info, kind = run.info, run.data.tags.get(KIND, "")
        params = renamed(run.data.params)
        record = RunRecord(info.run_id, info.run_name, info.experiment_id, params, code_of(run), kind, predictions)
        records.append(record)
    return records


def run_predictions(mlflow, run_id: str, split: str) -> Predictions:
    """Downloads and reads the predictions of a run for a split."""
    with tempfile.TemporaryDirectory() as folder:
        path = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=artifact(split), dst_path=folder)
        return read_predictions(Path(path))


def code_of(run) -> str:
    """Returns the git commit of the run in seven digits, and whether there were uncommitted changes."""
    tags = run.data.tags
    changes = " with changes" if tags.get("git.dirty") == "true" else ""
    return tags.get("mlflow.source.git.commit", "")[:7] + changes


def check_same_examples(runs: Sequence[RunRecord], split: str) -> None:
    """Checks that all runs were evaluated on the same examples.

    Raises:
        UserError: if the examples differ; the message lists the runs by examples.
    """
    groups: dict[str, list[RunRecord]] = {}
    for run in runs:
        groups.setdefault(run.predictions.content, []).append(run)
    if len(groups) == 1:
        return
    contents = [
        f"{content}, {counted(len(group[0].predictions), 'example')}: {listed(group)}"
        for content, group in groups.items()
    ]
    raise UserError(
        f"These runs were measured on different {split} examples and cannot be compared. "
        f"Content {'; content '.join(contents)}. Compare those of one content with runs=[...]. "
        "A split without its own file depends on the seed: to train with several seeds, give all runs the same "
        f"data.split_seed=, or a file with data.{split}=."
    )


def listed(runs: Sequence[RunRecord], most: int = 3) -> str:
    """Lists the first runs by name and id, and the number of further runs."""
    more = f" and {len(runs) - most} more" if len(runs) > most else ""
    return ", ".join(run.label for run in runs[:most]) + more
