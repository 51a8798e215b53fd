"""A trial of a sweep as read from its run in MLflow."""

import json
from dataclasses import dataclass, field
from typing import Any

from classifier.tracking.metric_names import is_result, plain_name
from classifier.tracking.named_runs import KIND
from classifier.tracking.run import IDENTITY, OUTPUT

NUMBER, OVERRIDES, REASON = (f"classifier.{name}" for name in ("trial", "overrides", "reason"))  # tags
VALIDATED_ON = "valid.content"  # tag of every training
PRUNED = "pruned"  # tag: true for a trial that the search stopped; its status in MLflow is KILLED


@dataclass(slots=True)
class TrialRecord:
    """A trial as stored in MLflow."""

    number: int
    name: str
    status: str  # FINISHED, PRUNED, FAILED, KILLED or RUNNING
    reason: str
    kind: str  # trial or refit
    overrides: list[str]
    metrics: dict[str, float]
    run_id: str
    folder: str
    identity: str
    started: float  # seconds since the epoch
    history: list[dict[str, float]] = field(default_factory=list)  # one entry per epoch, only if requested
    validated_on: str = ""  # hash of its validation examples

    @property
    def done(self) -> bool:
        """Whether the trial is complete."""
        return self.status in ("FINISHED", "PRUNED")


def as_record(run: Any) -> TrialRecord:
    """Converts a child run to the record of its trial."""
    info, tags = run.info, run.data.tags
    reason = tags.get(REASON, "")
    return TrialRecord(
        number=int(tags[NUMBER]),
        name=info.run_name,
        status="PRUNED" if info.status == "KILLED" and tags.get(PRUNED) else info.status,
        reason=reason,
        kind=tags[KIND],
        overrides=json.loads(tags[OVERRIDES]),
        metrics={plain_name(name): value for name, value in run.data.metrics.items() if is_result(name)},
        run_id=info.run_id,
        folder=tags[OUTPUT],
        identity=tags[IDENTITY],
        started=info.start_time / 1000,
        validated_on=tags.get(VALIDATED_ON, ""),
    )
