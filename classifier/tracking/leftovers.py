"""Finds files on this machine that no run needs any more.

What is not known to be a leftover is kept: registered versions, runs that are RUNNING, and folders of runs that the
database does not have, as they may belong to another database.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

from classifier.errors import UserError
from classifier.files import is_locked
from classifier.settings import Server
from classifier.tracking.abandoned import CHECKPOINT, connect_existing
from classifier.tracking.address import SQLITE, database_file, local_folder
from classifier.tracking.named_runs import all_runs
from classifier.tracking.run import OUTPUT
from classifier.tracking.run_models import READY

RUNNING = ("RUNNING", "SCHEDULED")
CONTENTS = (  # of the output folder of a training or a sweep; a folder with other files keeps them
    *(".hydra", "checkpoint", "formats", "model", "report", "sweep", "tensorboard"),
    *("log.txt", "multirun.yaml", "summary.json"),
)


@dataclass(frozen=True, slots=True)
class Leftover:
    """Files and folders that can be deleted together."""

    path: Path
    reason: str
    parts: tuple[Path, ...]  # what is deleted: `path` itself, or some of its contents


class Records:
    """The runs, models and versions of a local database.

    Args:
        server: address of the database.

    Raises:
        UserError: if the runs are kept by a server, or there is no database.
    """

    def __init__(self, server: Server) -> None:
        file = database_file(server.uri)
        if file is None:
            raise UserError(
                f"tracking.uri={server.safe_uri}: only the files of a local database can be cleaned. On the machine of "
                "a server, 'mlflow gc' deletes what was deleted in MLflow."
            )
        self.mlflow = connect_existing(server, "There is nothing to clean")
        self.client, self.file = self.mlflow.MlflowClient(), file.resolve()

    @cached_property
    def experiments(self) -> list[Any]:
        """All experiments, including deleted ones."""
        from mlflow.entities import ViewType

        return list(self.client.search_experiments(view_type=ViewType.ALL, max_results=1000))

    @cached_property
    def runs(self) -> dict[str, Any]:
        """All runs by id, including deleted ones."""
        from mlflow.entities import ViewType

        ids = [experiment.experiment_id for experiment in self.experiments]
        return {run.info.run_id: run for run in all_runs(self.mlflow, ids, "", ViewType.ALL)} if ids else {}

    @cached_property
    def registered(self) -> set[str]:
        """Ids of the models and of the runs of all registered versions."""
        versions, token = [], None
        while True:
            page = self.client.search_model_versions(page_token=token)
            versions += page
            token = page.token
            if not token:
                break
        return {name for one in versions for name in (one.run_id, one.source.removeprefix("models:/")) if name}

    @property
    def deleted(self) -> list[Any]:
        """The runs that were deleted in MLflow, without those that are still running or have a registered version."""
        return [run for run in self.runs.values() if run.info.lifecycle_stage == "deleted" and self.is_free(run)]

    def is_free(self, run: Any) -> bool:
        """Whether no process is working on the run, and no version of it is registered."""
        checkpoint = run.data.tags.get(CHECKPOINT)
        working = run.info.status in RUNNING or (checkpoint and is_locked(Path(checkpoint).parent))
        return not working and run.info.run_id not in self.registered


def find_leftovers(server: Server, outputs: Path) -> list[Leftover]:
    """Returns what can be deleted; nothing is changed.

    Args:
        server: address of a local database.
        outputs: folder with the output folders of trainings.

    Raises:
        UserError: if the runs are kept by a server, or there is no database.
    """
    records = Records(server)
    return [*run_artifacts(records), *models(records), *output_folders(records, outputs)]


def run_artifacts(records: Records) -> Iterator[Leftover]:
    """Yields the artifacts of deleted runs."""
    for run in records.deleted:
        folder = local_folder(run.info.artifact_uri)
        if folder and run.info.run_id in folder.parts and folder.is_dir():
            yield whole(folder, f"artifacts of the run {run.info.run_name}, which was deleted in MLflow")


def models(records: Records) -> Iterator[Leftover]:
    """Yields the models that were deleted, never became complete, or belong to a deleted run."""
    roots = {local_folder(experiment.artifact_location) for experiment in records.experiments}
    for root in sorted(filter(None, roots)):
        for folder in sorted((root / "models").glob("m-*")):
            run = records.runs.get(run_of(folder))
            if run is None or folder.name in records.registered or not records.is_free(run):
                continue
            if reason := why_useless(records, folder.name, run):
                yield whole(folder, reason)


def run_of(folder: Path) -> str:
    """Returns the run id in the description of a model, or "" if it has none."""
    try:
        return str(yaml.safe_load((folder / "artifacts" / "MLmodel").read_text())["run_id"])
    except (OSError, KeyError, TypeError, yaml.YAMLError):
        return ""


def why_useless(records: Records, model_id: str, run: Any) -> str:
    """Returns why nothing points to a model, or "" if something does."""
    if run.info.lifecycle_stage == "deleted":
        return f"model of the run {run.info.run_name}, which was deleted in MLflow"
    try:
        status = records.client.get_logged_model(model_id).status
    except records.mlflow.exceptions.MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return f"model that the run {run.info.run_name} no longer has"
    return "" if status == READY else f"incomplete model of the run {run.info.run_name}"


def output_folders(records: Records, outputs: Path) -> Iterator[Leftover]:
    """Yields the folders inside `outputs` whose runs were all deleted in MLflow, or are no longer in the database."""
    root = outputs.absolute()
    free = {run.info.run_id for run in records.deleted}
    kept = [Path(run.data.tags[OUTPUT]) for key, run in records.runs.items() if key not in free and has_output(run)]
    for run in records.deleted:
        folder = Path(run.data.tags.get(OUTPUT, root))
        if root not in folder.parents or folder.is_symlink() or not folder.is_dir():
            continue
        parts = tuple(folder / name for name in CONTENTS if (folder / name).exists())
        if parts and not any(folder == other or folder in other.parents for other in kept):
            yield Leftover(folder, f"output of the run {run.info.run_name}, which was deleted in MLflow", parts)
    for summary in sorted(root.glob("*/*/**/summary.json")):
        folder = summary.parent
        if purged(records, folder) and not any(folder == other or folder in other.parents for other in kept):
            parts = tuple(folder / name for name in CONTENTS if (folder / name).exists())
            yield Leftover(folder, "output of a run that the database no longer has", parts)


def purged(records: Records, folder: Path) -> bool:
    """Whether the run of a training was kept in this database, but is no longer there."""
    try:
        run_id = json.loads((folder / "summary.json").read_text())["run_id"]
        uri = yaml.safe_load((folder / "report" / "config.yaml").read_text())["tracking"]["uri"]
        cwd = yaml.safe_load((folder / ".hydra" / "hydra.yaml").read_text())["hydra"]["runtime"]["cwd"]
        file = database_file(uri)
        same = file is not None and Path(cwd, unquote(uri.removeprefix(SQLITE))).resolve() == records.file
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        return False
    locked = is_locked(folder / "checkpoint") or folder.is_symlink()
    return same and bool(run_id) and run_id not in records.runs and not locked


def has_output(run: Any) -> bool:
    return OUTPUT in run.data.tags


def whole(folder: Path, reason: str) -> Leftover:
    return Leftover(folder, reason, (folder,))


def files_in(leftovers: Iterable[Leftover]) -> Iterator[os.stat_result]:
    """Yields the status of every file; links are not followed."""
    for path in (part for leftover in leftovers for part in leftover.parts):
        for file in [path] if path.is_file() else path.rglob("*"):
            if not file.is_dir() or file.is_symlink():
                yield file.lstat()


def size(leftover: Leftover) -> int:
    """Returns the size of all files in bytes."""
    return sum(status.st_size for status in files_in([leftover]))


def freed_bytes(leftovers: Sequence[Leftover]) -> int:
    """Returns the space that the leftovers take together; a file that is also linked elsewhere takes none."""
    found: dict[tuple[int, int], list[os.stat_result]] = {}
    for status in files_in(leftovers):
        found.setdefault((status.st_dev, status.st_ino), []).append(status)
    return sum(links[0].st_size for links in found.values() if len(links) >= links[0].st_nlink)
