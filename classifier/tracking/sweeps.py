"""A sweep in MLflow: a parent run, and a child run for each trial that is created before its process starts."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from classifier.settings import TrackingSettings
from classifier.tracking.metric_names import epoch_metric, logged_name
from classifier.tracking.named_runs import KIND, PARENT, SWEEP, SWEEP_KIND
from classifier.tracking.notes import NOTE, as_markdown
from classifier.tracking.patience import Patience
from classifier.tracking.run import CHECKPOINT, IDENTITY, OUTPUT, checkpoint_in
from classifier.tracking.server import connect, experiment_id
from classifier.tracking.trial_records import NUMBER, OVERRIDES, PRUNED, REASON, TrialRecord, as_record
from classifier.tracking.versions import code_version
from classifier.tracking.views import trials_view, view_address, view_path

SWEEP_IDENTITY = "classifier.sweep"  # tag: identifies the sweep when it is resumed
SECONDS = "seconds"  # metric of a trial: total duration of the processes of all its attempts
SETTLE_SECONDS = 1  # time until a run that another command creates is visible
MOST_RUNS = 1000  # per page of search results


class SweepRun:
    """The parent run of a sweep and its children. Waits for a server that goes away and comes back.

    Args:
        settings: settings of tracking, with the experiment of parent and children.
        identity: identifies the sweep when it is resumed.
        name: display name.
        folder: output folder of this start of the sweep.
        resume: whether to continue the newest sweep with this identity.
    """

    def __init__(self, settings: TrackingSettings, identity: str, name: str, folder: Path, resume: bool) -> None:
        self.settings, self.name, self.with_retries = settings, name, Patience(settings)
        self.mlflow = connect(settings)
        self.experiment = self.with_retries(lambda: experiment_id(self.mlflow, settings))
        self.client = self.mlflow.MlflowClient()
        same = f"tags.`{SWEEP_IDENTITY}` = '{identity}'"
        before = self.search(same)
        self.resumed = resume and bool(before)
        run = before[0] if self.resumed else self.create(identity, folder)
        if not self.resumed:
            run = self.oldest_concurrent(run, same, {earlier.info.run_id for earlier in before})
        self.run_id, self.first_folder = run.info.run_id, Path(run.data.tags[OUTPUT])
        self.with_retries(lambda: self.client.update_run(self.run_id, status="RUNNING"))

    def earlier(self, identity: str, number: int) -> TrialRecord | None:
        """Returns the child run of an earlier start with this identity: one that is done, or else the newest.

        A child run that is RUNNING under another number is ignored, because another process runs it.
        """
        same = self.search(f"tags.`{PARENT}` = '{self.run_id}' and tags.`{IDENTITY}` = '{identity}'")
        records = [record for record in map(as_record, same) if record.status != "RUNNING" or record.number == number]
        return min(records, key=lambda record: not record.done, default=None)

    def end_abandoned(self) -> None:
        """Closes the child runs that are still RUNNING; called when no process can be running them."""
        for trial in self.trials():
            if trial.status == "RUNNING":
                self.end(trial.run_id, 0.0, "KILLED", "the sweep was killed")

    def create(self, identity: str, folder: Path) -> Any:
        """Creates a new parent run."""
        tags = {SWEEP: self.name, SWEEP_IDENTITY: identity, KIND: SWEEP_KIND, OUTPUT: str(folder.absolute())}
        tags |= code_version()
        return self.with_retries(
            lambda: self.client.create_run(self.experiment, tags=tags, run_name=f"sweep {self.name}")
        )

    def oldest_concurrent(self, own: Any, query: str, before: set[str]) -> Any:
        """Returns the oldest parent run that commands created at the same time; deletes `own` if it is another one."""
        time.sleep(SETTLE_SECONDS)
        created = [run for run in self.search(query) if run.info.run_id not in before]
        oldest = min(created, key=lambda run: (run.info.start_time, run.info.run_id))
        if oldest.info.run_id != own.info.run_id:
            self.with_retries(lambda: self.client.delete_run(own.info.run_id))
        return oldest

    def search(self, query: str) -> list[Any]:
        """Returns all runs of the experiment that match the query, newest first."""
        found, token = [], None
        while True:
            page = self.with_retries(
                lambda token=token: self.client.search_runs(
                    [self.experiment], query, max_results=MOST_RUNS,
                    order_by=["attributes.start_time DESC"], page_token=token,
                )
            )  # fmt: skip
            found += page
            token = page.token
            if not token:
                return found

    def trials(self, histories: bool = False) -> list[TrialRecord]:
        """Returns all trials so far, sorted by number; with `histories`, including the metrics of each epoch."""
        records = [as_record(run) for run in self.search(f"tags.`{PARENT}` = '{self.run_id}'")]
        if histories:
            for trial in records:
                trial.history = self.history(trial.run_id)
        return sorted(records, key=lambda trial: (trial.kind != "trial", trial.number))

    def trial(self, run_id: str) -> TrialRecord:
        return as_record(self.with_retries(lambda: self.client.get_run(run_id)))

    def history(self, run_id: str) -> list[dict[str, float]]:
        """Returns the metrics of each epoch of a run, without their prefix."""
        run = self.with_retries(lambda: self.client.get_run(run_id))
        entries: dict[int, dict[str, float]] = {}
        for name in run.data.metrics:
            if plain := epoch_metric(name):
                for point in self.with_retries(lambda name=name: self.client.get_metric_history(run_id, name)):
                    entries.setdefault(point.step, {"epoch": point.step})[plain] = point.value
        return [entries[step] for step in sorted(entries)]

    def begin(
        self, number: int, name: str, overrides: Sequence[str], identity: str, folder: Path, kind: str, dataset: str
    ) -> str:
        """Creates a child run with status RUNNING, to which the process of the trial logs; returns its id."""
        tags = {
            PARENT: self.run_id,
            SWEEP: self.name,
            "dataset": dataset,
            NUMBER: str(number),
            KIND: kind,
            OVERRIDES: json.dumps(list(overrides)),
            IDENTITY: identity,
            OUTPUT: str(folder.absolute()),
            CHECKPOINT: str(checkpoint_in(folder)),
            **code_version(),
        }
        run = self.with_retries(lambda: self.client.create_run(self.experiment, tags=tags, run_name=name))
        return run.info.run_id

    def restart(self, run_id: str) -> None:
        """Sets the status of a child run to RUNNING again."""

        def send() -> None:
            self.client.update_run(run_id, status="RUNNING")
            self.client.set_tag(run_id, REASON, "")
            self.client.set_tag(run_id, NOTE, "")

        self.with_retries(send)

    def end(self, run_id: str, seconds: float, status: str, reason: str = "") -> TrialRecord:
        """Closes a child run as FINISHED, PRUNED, FAILED or KILLED, and returns its record."""

        def send() -> None:
            before = as_record(self.client.get_run(run_id)).metrics.get(SECONDS, 0.0)
            self.client.log_metric(run_id, logged_name(SECONDS), round(before + seconds, 2))
            if reason:
                self.client.set_tag(run_id, REASON, reason)
                self.client.set_tag(run_id, NOTE, as_markdown(f"{status}: {reason}"))
            if status == "PRUNED":
                self.client.set_tag(run_id, PRUNED, "true")
            self.client.set_terminated(run_id, "KILLED" if status == "PRUNED" else status)

        self.with_retries(send)
        return self.trial(run_id)

    def log_folder(self, folder: Path) -> None:
        self.with_retries(lambda: self.client.log_artifacts(self.run_id, str(folder)))

    def log_metrics(self, metrics: Mapping[str, float]) -> None:
        from mlflow.entities import Metric

        at = int(time.time() * 1000)
        entities = [Metric(logged_name(name), float(value), at, 0) for name, value in metrics.items()]
        self.with_retries(lambda: self.client.log_batch(self.run_id, metrics=entities))

    def show(self, note: str, settings: Sequence[str], metrics: Sequence[str], ascending: bool) -> str:
        """Describes the sweep in MLflow's interface, with a view of its trials, and returns the address of the view.

        Args:
            note: description of the run as plain text.
            settings, metrics, ascending: arguments of `trials_view`.
        """
        columns = [logged_name(name) for name in metrics]
        key, view = trials_view(f"sweep {self.name}", self.run_id, settings, columns, ascending)
        note = (
            as_markdown(note)
            + f"\n\n[All trials with their settings and metrics]({view_path(self.experiment, self.run_id)})"
        )
        self.with_retries(lambda: self.client.set_experiment_tag(self.experiment, key, view))
        self.with_retries(lambda: self.client.set_tag(self.run_id, NOTE, note))
        return view_address(self.settings, self.experiment, self.run_id)

    def close(self, status: str) -> None:
        self.with_retries(lambda: self.client.set_terminated(self.run_id, status))
