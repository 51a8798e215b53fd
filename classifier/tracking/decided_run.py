"""Logs a model with other decisions as a run of its own, in the experiment of the run that it comes from."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np

from classifier.errors import UserError
from classifier.evaluation.metrics import Evaluation
from classifier.evaluation.predictions import content_hash
from classifier.evaluation.report import flat
from classifier.evaluation.scored import Scored
from classifier.settings import AbstainSettings, CoverageSettings, DecidedTracking, LabelsSettings, Server, as_typed
from classifier.tasks import Decision
from classifier.tracking.metric_names import logged_name, tracked_results
from classifier.tracking.models import log_model
from classifier.tracking.named_runs import DECIDED, KIND
from classifier.tracking.notes import NOTE, as_markdown
from classifier.tracking.registry import register_and_promote
from classifier.tracking.server import connect, writing
from classifier.tracking.versions import code_version

DECISIONS = frozenset(  # settings of the earlier decisions
    f"{group}.{field.name}"
    for group, kind in (("abstain", AbstainSettings), ("export", CoverageSettings), ("labels", LabelsSettings))
    for field in fields(kind)
)
SOURCE = "classifier.decided_from"  # tag: the run of the model with the earlier decisions


def check_tracked(model: str, run_id: str | None, tracking: DecidedTracking) -> None:
    """Checks that a model that is to be registered has a run.

    Raises:
        UserError: if it has none.
    """
    if tracking.register and run_id is None:
        raise UserError(
            f"tracking.register={tracking.register}: model={model} has no run at tracking.uri={tracking.safe_uri}, "
            "next to which its new version would be kept. Leave out tracking.register=, or give its tracking.uri=."
        )


def log_decided(
    source: str,
    decision: Decision,
    evaluations: Mapping[str, Evaluation],
    facts: Sequence[str],
    report: Path,
    model: Path,
    server: Server,
) -> str:
    """Logs the model and its report as a new run, and returns the run id.

    Args:
        source: id of the run that the model comes from, whose settings the new run has as well.
        decision: the new decisions.
        evaluations: evaluations by split.
        facts: sentences about the decisions.
        report: folder whose files are logged.
        model: folder of the SavedModel.
        server: tracking server.
    """
    from mlflow.entities import Metric, Param

    mlflow, now = connect(server), int(1000 * time.time())
    client, scored = mlflow.MlflowClient(), evaluations["valid"].scored
    earlier = client.get_run(source)
    promise = {key: as_typed(value) for key, value in (decision.promise or {}).items()}
    params = {key: value for key, value in earlier.data.params.items() if key not in DECISIONS} | promise
    metrics: dict[str, float] = {}
    for split, evaluation in evaluations.items():
        metrics |= tracked_results(split, flat(evaluation))
    note = as_markdown(" ".join([f"The model of run {source} with other decisions.", *facts]))
    contents = {f"{split}.content": content_of(one.scored) for split, one in evaluations.items()}
    name = " ".join([str(earlier.info.run_name), *(f"{key}={value}" for key, value in promise.items())])
    code = {key: value for key, value in earlier.data.tags.items() if key in code_version()}
    tags = {KIND: DECIDED, SOURCE: source, NOTE: note, **code, **contents}
    with writing("the new model", server):
        run_id = client.create_run(earlier.info.experiment_id, tags=tags, run_name=name).info.run_id
        status = "FAILED"
        try:
            client.log_batch(
                run_id,
                [Metric(logged_name(key), value, now, 0) for key, value in metrics.items()],
                [Param(key, value) for key, value in params.items()],
            )
            client.log_artifacts(run_id, str(report))
            log_model(mlflow, run_id, model, str(scored.texts[0]), tuple(scored.label_names), step=0)
            status = "FINISHED"
        finally:
            client.set_terminated(run_id, status)
    return run_id


def content_of(scored: Scored) -> str:
    """Returns the hash of texts and labels by which `classifier compare` recognizes the same examples."""
    names = scored.label_names
    if scored.several:
        return content_hash(scored.texts, [[names[one] for one in np.flatnonzero(row)] for row in scored.truth])
    return content_hash(scored.texts, [names[label] for label in scored.labels])


def register(run_id: str, tracking: DecidedTracking) -> str:
    """Registers the model of the run, and returns the result as a sentence."""
    assert tracking.register is not None
    return register_and_promote(run_id, tracking.register, tracking)
