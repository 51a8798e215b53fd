"""Runs read back for a comparison: their settings, their code and the predictions that they keep."""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.errors import UserError
from classifier.evaluation.predictions import Predictions, aligned_to, read_predictions
from classifier.settings import CompareSettings, as_typed
from classifier.settings.renamed import renamed
from classifier.tracking.abandoned import connect_existing
from classifier.tracking.named_runs import COMPARISON, KIND, SWEEP_KIND, existing_run, searched


@dataclass(frozen=True, slots=True, eq=False)
class RunRecord:
    """A run with its answers to one split."""

    run_id: str
    name: str
    experiment_id: str
    settings: dict[str, str]  # as they are typed
    code: str  # git commit, and whether there were changes
    kind: str  # trial or refit of a sweep; empty: a training by itself
    predictions: Predictions

    @property
    def told(self) -> str:
        return f"{self.name} ({self.run_id})"


def kept_runs(settings: CompareSettings) -> tuple[list[RunRecord], list[str]]:
    """The runs that the settings name, oldest first or as listed; and a sentence for each that cannot be compared.

    Raises:
        UserError: where there is no such run or experiment, or a run that is named keeps no predictions.
    """
    mlflow = connect_existing(settings.tracking, f"{source(settings)}: there are no runs")
    split = settings.split.name
    if settings.runs:
        named = [existing_run(mlflow, str(run_id), "runs", settings.tracking) for run_id in settings.runs]
        missing = [without(run, split) for run in named if not keeps(mlflow, run.info.run_id, split)]
        if missing:
            raise UserError(f"{'; '.join(missing)}.{hint(mlflow, named, split)}")
        return read_all(mlflow, named, split), []
    found = [run for run in searched(mlflow, settings) if run.data.tags.get(KIND) not in (COMPARISON, SWEEP_KIND)]
    usable = [run for run in found if run.info.status == "FINISHED" and keeps(mlflow, run.info.run_id, split)]
    ids = {run.info.run_id for run in usable}
    left_out = [without(run, split) for run in found if run.info.run_id not in ids]
    if len(usable) < 2:
        told = f" Left out: {'; '.join(left_out)}." if left_out else ""
        raise UserError(f"{source(settings)} has {len(usable)} runs to compare; two are needed.{told}"
                        f"{hint(mlflow, found, split)}")  # fmt: skip
    return read_all(mlflow, usable, split), left_out


def source(settings: CompareSettings) -> str:
    """How the runs were named."""
    if settings.runs:
        return f"runs={as_typed(settings.runs)}"
    return f"sweep={settings.sweep}" if settings.sweep else f"experiment={settings.experiment}"


def keeps(mlflow, run_id: str, split: str) -> bool:
    """Whether the run keeps its predictions of the split."""
    wanted = artifact(split)
    return any(one.path == wanted for one in mlflow.MlflowClient().list_artifacts(run_id, split))


def artifact(split: str) -> str:
    return f"{split}/predictions.parquet"


def without(run, split: str) -> str:
    """Why a run cannot be compared."""
    reason = f"keeps no {artifact(split)}" if run.info.status == "FINISHED" else f"is {run.info.status}"
    return f"{run.info.run_name} ({run.info.run_id}) {reason}"


def hint(mlflow, runs: Iterable[Any], split: str) -> str:
    """A hint where the runs keep the other split."""
    other = "valid" if split == "test" else "test"
    kept = sum(keeps(mlflow, run.info.run_id, other) for run in runs)
    return f" {kept} of them keep {artifact(other)}: compare with split={other}." if kept > 1 else ""


def read_all(mlflow, runs: Sequence[Any], split: str) -> list[RunRecord]:
    """The runs with their predictions; those of equal content are in one order and share their examples."""
    firsts: dict[str, Predictions] = {}
    kept = []
    for run in runs:
        predictions = run_predictions(mlflow, run.info.run_id, split)
        first = firsts.setdefault(predictions.content, predictions)
        if first is not predictions:
            predictions = aligned_to(first, predictions)
        info, kind = run.info, run.data.tags.get(KIND, "")
        params = renamed(run.data.params)
        kept.append(RunRecord(info.run_id, info.run_name, info.experiment_id, params, code_of(run), kind, predictions))
    return kept


def run_predictions(mlflow, run_id: str, split: str) -> Predictions:
    """The answers of a run to a split, downloaded and read."""
    with tempfile.TemporaryDirectory() as folder:
        path = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=artifact(split), dst_path=folder)
        return read_predictions(Path(path))


def code_of(run) -> str:
    """The git commit of the run in seven digits, and whether the files had changes."""
    tags = run.data.tags
    changes = " with changes" if tags.get("git.dirty") == "true" else ""
    return tags.get("mlflow.source.git.commit", "")[:7] + changes


def check_same_examples(runs: Sequence[RunRecord], split: str) -> None:
    """Refuses runs that did not answer the same examples.

    Raises:
        UserError: naming which run has which.
    """
    groups: dict[str, list[RunRecord]] = {}
    for run in runs:
        groups.setdefault(run.predictions.content, []).append(run)
    if len(groups) == 1:
        return
    told = [f"{content}, {len(group[0].predictions):,} examples: {shown(group)}" for content, group in groups.items()]
    raise UserError(
        f"These runs were measured on different {split} examples and cannot be compared. "
        f"Content {'; content '.join(told)}. Compare those of one content with runs=[...]; a split without a file of "
        "its own is drawn by the seed: give all runs the same data.split_seed=, or a file with "
        f"data.{split}=, when training several seeds."
    )


def shown(runs: Sequence[RunRecord], most: int = 3) -> str:
    """The first runs by name and id, and how many more."""
    more = f" and {len(runs) - most} more" if len(runs) > most else ""
    return ", ".join(run.told for run in runs[:most]) + more
