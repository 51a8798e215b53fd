"""Logs a comparison as a run in the experiment of the compared runs."""

from collections.abc import Mapping
from pathlib import Path

from classifier.settings import Server
from classifier.tracking.named_runs import COMPARISON, KIND
from classifier.tracking.server import connect, writing


def log_comparison(
    experiment: str, name: str, params: Mapping[str, str], metrics: Mapping[str, float], folder: Path, settings: Server
) -> str:
    """Logs a folder as the artifacts of a new run, and returns the run id.

    Args:
        experiment: id of the experiment of the compared runs.
        name: name of the new run.
        params, metrics: parameters and metrics of the new run.
        folder: folder with the page and the tables.
        settings: tracking server.
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
