"""The runs that somebody names: by id, by their experiment, by their sweep. What is not there is told with what is."""

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any

from classifier.errors import UserError
from classifier.settings import CompareSettings, Server
from classifier.tracking.server import first_line

PARENT = "mlflow.parentRunId"  # tag of a child: the run id of its sweep
KIND = "classifier.kind"  # tag: trial or refit of a sweep, and what is no training:
COMPARISON, SWEEP_KIND = "comparison", "sweep"
SWEEP = "sweep"  # tag of a sweep and of its trials: its name
RUN_ID = re.compile("[0-9a-f]{32}")


def existing_run(mlflow, run_id: str, key: str, server: Server):
    """MLflow's run.

    Raises:
        UserError: where there is none, or it was deleted.
    """
    try:
        run = mlflow.MlflowClient().get_run(run_id)
    except mlflow.exceptions.MlflowException as error:
        reason = first_line(error).rstrip(".") + nearest_run(mlflow, run_id)
        raise UserError(f"{key}: {run_id} is not a run at tracking.uri={server.safe_uri}: {reason}") from error
    if run.info.lifecycle_stage == "deleted":
        raise UserError(f"{key}: {run_id} was deleted: restore it with 'mlflow runs restore --run-id {run_id}'.")
    return run


def nearest_run(mlflow, run_id: str) -> str:
    """Ends a sentence by asking for the newest run whose id begins so, or else that has the nearest id or name.

    Of a run that exists it asks nothing.
    """
    client = mlflow.MlflowClient()
    experiments = [one.experiment_id for one in client.search_experiments(max_results=1000)]
    runs = client.search_runs(experiments, order_by=["attributes.start_time DESC"]) if experiments else []
    ids = {name: one.info.run_id for one in reversed(runs) for name in (one.info.run_name, one.info.run_id)}
    begun = [one.info.run_id for one in runs if one.info.run_id.startswith(run_id)]
    found = begun or difflib.get_close_matches(run_id, ids, n=1)
    return f". Did you mean {ids[found[0]]}?" if found and ids[found[0]] != run_id else "."


def nearest_name(name: str, known: Iterable[str]) -> str:
    """Ends a sentence by asking for the known name that is most like this one."""
    found = difflib.get_close_matches(name, list(known), n=1)
    return f". Did you mean {found[0]}?" if found else "."


def searched(mlflow, settings: CompareSettings) -> list[Any]:
    """All runs of the experiment, or all children of the sweep, oldest first."""
    if settings.sweep:
        parent = sweep_named(mlflow, settings.sweep, settings.tracking)
        experiment, wanted = parent.info.experiment_id, f"tags.`{PARENT}` = '{parent.info.run_id}'"
    else:
        experiment, wanted = experiment_named(mlflow, settings), ""
    return all_runs(mlflow, [experiment], wanted)


def all_runs(mlflow, experiments: Sequence[str], wanted: str) -> list[Any]:
    """All runs of the experiments that fit, oldest first."""
    client, runs, token = mlflow.MlflowClient(), [], None
    while True:
        page = client.search_runs(experiments, wanted, order_by=["attributes.start_time ASC"], page_token=token)
        runs += page
        token = page.token
        if not token:
            return runs


def sweep_named(mlflow, name: str, server: Server):
    """The parent run that has the id or, of those with the name, the newest.

    Raises:
        UserError: where there is none, with the sweeps that there are.
    """
    if RUN_ID.fullmatch(name):
        return existing_run(mlflow, name, "sweep", server)
    experiments = mlflow.MlflowClient().search_experiments(max_results=1000)
    sweeps = all_runs(mlflow, [one.experiment_id for one in experiments], f"tags.`{KIND}` = '{SWEEP_KIND}'")
    found = [run for run in sweeps if name in (run.data.tags.get(SWEEP), run.info.run_name)]
    if not found:
        names = list(dict.fromkeys(run.data.tags[SWEEP] for run in reversed(sweeps)))
        there = f"there are {', '.join(names[:20])}" if names else "there is no sweep at all"
        raise UserError(
            f"sweep={name} is not a sweep at tracking.uri={server.safe_uri}, neither run id nor name; {there}"
            f"{nearest_name(name, names)}"
        )
    return found[-1]


def experiment_named(mlflow, settings: CompareSettings) -> str:
    """The id of the experiment.

    Raises:
        UserError: where there is none, with those that there are.
    """
    client = mlflow.MlflowClient()
    name = str(settings.experiment)
    found = client.get_experiment_by_name(name)
    if found:
        return found.experiment_id
    names = sorted(one.name for one in client.search_experiments(max_results=1000))
    raise UserError(
        f"experiment={name}: there is none of that name at tracking.uri={settings.tracking.safe_uri}, "
        f"only {', '.join(names[:20])}{nearest_name(name, names)}"
    )
