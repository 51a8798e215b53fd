"""Ends runs that are still RUNNING although their process has died or could not report its end."""

import contextlib
import socket
from pathlib import Path
from typing import Any

from classifier.files import is_abandoned
from classifier.settings import Server
from classifier.tracking.address import database_file
from classifier.tracking.named_runs import PARENT, all_runs
from classifier.tracking.server import check_existing, connect, exclusive

CHECKPOINT = "classifier.checkpoint"  # tag: checkpoint file of the training
HOST = "classifier.host"  # tag: machine of the latest start


def connect_existing(settings: Server, sought: str) -> Any:
    """Returns mlflow for a command that only reads (see `check_existing`), and ends abandoned runs."""
    check_existing(settings, sought)
    end_abandoned_runs(settings)
    return connect(settings)


def end_abandoned_runs(settings: Server) -> None:
    """Ends as FAILED the trainings of this machine whose process has died; sweeps end their own trials.

    Errors of the database are ignored: the next command tries again.
    """
    file = database_file(settings.uri)
    if file and not file.exists():
        return
    with contextlib.suppress(Exception), exclusive(settings.uri):
        mlflow = connect(settings)
        client = mlflow.MlflowClient()
        experiments = [experiment.experiment_id for experiment in client.search_experiments(max_results=1000)]
        query = f"attributes.status = 'RUNNING' and tags.`{HOST}` = '{socket.gethostname()}'"
        for run in all_runs(mlflow, experiments, query):
            tags = run.data.tags
            if PARENT not in tags and is_abandoned(Path(tags[CHECKPOINT]).parent):
                with contextlib.suppress(Exception):  # continue with the other runs
                    client.set_terminated(run.info.run_id, "FAILED")
