"""A comparison kept as a run beside the runs that it compares."""

from collections.abc import Mapping
from pathlib import Path

from classifier.settings import Server
from classifier.tracking.named_runs import COMPARISON, KIND
from classifier.tracking.server import connect, writing


def log_comparison(
    experiment: str, name: str, params: Mapping[str, str], metrics: Mapping[str, float], folder: Path, settings: Server
) -> str:
    """Logs the folder as the artifacts of a run of its own; returns its id.

    Args:
        experiment: id of the one that the compared runs stand in.
        name: of the new run.
        params, metrics: of the new run.
        folder: page and tables.
        settings: where the runs are kept.
    """
    client = connect(settings).MlflowClient()
    with writing("the comparison", settings):
        run_id = client.create_run(experiment, run_name=name, tags={KIND: COMPARISON}).info.run_id
        for key, value in params.items():
            client.log_param(run_id, key, value)
        for key, value in metrics.items():
            client.log_metric(run_id, key, value)
        client.log_artifacts(run_id, str(folder))
        client.set_terminated(run_id)
    return run_id
