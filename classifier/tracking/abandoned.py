"""Runs that are RUNNING although their process has died, or could not say that it ended."""

import contextlib
import socket
from pathlib import Path
from typing import Any

from classifier.files import is_abandoned
from classifier.settings import Server
from classifier.tracking.address import database_file
from classifier.tracking.named_runs import PARENT, all_runs
from classifier.tracking.server import check_existing, connect, one_at_a_time

CHECKPOINT = "classifier.checkpoint"  # tag: the file that holds an unfinished training
HOST = "classifier.host"  # tag: the machine of the latest start


def connect_existing(settings: Server, sought: str) -> Any:
    """mlflow for a command that only reads; see `check_existing`. Abandoned runs are ended on the way."""
    check_existing(settings, sought)
    end_abandoned_runs(settings)
    return connect(settings)


def end_abandoned_runs(settings: Server) -> None:
    """Ends the trainings of this machine whose process has left its lock, as FAILED; a sweep ends its own trials.

    What the database does not take is left to the next command.
    """
    file = database_file(settings.uri)
    if file and not file.exists():
        return
    with contextlib.suppress(Exception), one_at_a_time(settings.uri):
        mlflow = connect(settings)
        client = mlflow.MlflowClient()
        experiments = [one.experiment_id for one in client.search_experiments(max_results=1000)]
        query = f"attributes.status = 'RUNNING' and tags.`{HOST}` = '{socket.gethostname()}'"
        for run in all_runs(mlflow, experiments, query):
            tags = run.data.tags
            if PARENT not in tags and is_abandoned(Path(tags[CHECKPOINT]).parent):
                with contextlib.suppress(Exception):  # the others may go
                    client.set_terminated(run.info.run_id, "FAILED")
