"""Finds runs by id, experiment or sweep; the messages about missing runs list the existing ones."""

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any

from classifier.errors import UserError
from classifier.settings import CompareSettings, Server
from classifier.tracking.server import first_line

PARENT = "mlflow.parentRunId"  # tag of a child: the run id of its sweep
KIND = "classifier.kind"  # tag: trial or refit of a sweep, or one of the kinds that are not trainings:
COMPARISON, SWEEP_KIND, DECIDED = "comparison", "sweep", "decided"
SWEEP = "sweep"  # tag of a sweep and of its trials: its name
RUN_ID = re.compile("[0-9a-f]{32}")
RUN_ID_START = re.compile("[0-9a-f]{8,31}")


def existing_run(mlflow, run_id: str, key: str, server: Server):
    """Returns the MLflow run with this id, or the only one whose id begins with these eight or more digits.

    Raises:
        UserError: if there is no such run, or it was deleted.
    """
    try:
        run = mlflow.MlflowClient().get_run(full_run_id(mlflow, run_id))
    except mlflow.exceptions.MlflowException as error:
        reason = first_line(error).rstrip(".") + nearest_run(mlflow, run_id)
        raise UserError(f"{key}: {run_id} is not a run at tracking.uri={server.safe_uri}: {reason}") from error
    if run.info.lifecycle_stage == "deleted":
        raise UserError(f"{key}: {run_id} was deleted: restore it with 'mlflow runs restore --run-id {run_id}'.")
    return run


def nearest_run(mlflow, run_id: str) -> str:
    """Ends a sentence with the newest run whose id begins with `run_id`, or the run with the most similar id or name.

    If the run exists, the sentence just ends with a period.
    """
    client = mlflow.MlflowClient()
    experiments = [experiment.experiment_id for experiment in client.search_experiments(max_results=1000)]
    runs = client.search_runs(experiments, order_by=["attributes.start_time DESC"]) if experiments else []
    ids = {name: run.info.run_id for run in reversed(runs) for name in (run.info.run_name, run.info.run_id)}
    with_prefix = [run.info.run_id for run in runs if run.info.run_id.startswith(run_id)]
    found = with_prefix or difflib.get_close_matches(run_id, ids, n=1)
    return f". Did you mean {ids[found[0]]}?" if found and ids[found[0]] != run_id else "."


def full_run_id(mlflow, run_id: str) -> str:
    """Returns the id of the only run whose id begins with these eight or more digits; any other text unchanged.

    Raises:
        UserError: if there are several such runs.
    """
    if not RUN_ID_START.fullmatch(run_id):
        return run_id
    client = mlflow.MlflowClient()
    experiments = [experiment.experiment_id for experiment in client.search_experiments(max_results=1000)]
    found = [run.info.run_id for run in all_runs(mlflow, experiments, "")] if experiments else []
    found = [one for one in found if one.startswith(run_id)]
    if len(found) > 1:
        raise UserError(f"{run_id} is the beginning of several run ids: {', '.join(found[:5])}.")
    return found[0] if found else run_id


def nearest_name(name: str, known: Iterable[str]) -> str:
    """Ends a sentence with the most similar known name."""
    found = difflib.get_close_matches(name, list(known), n=1)
    return f". Did you mean {found[0]}?" if found else "."


def search_runs(mlflow, settings: CompareSettings) -> list[Any]:
    """Returns all runs of the experiment, or all children of the sweep, oldest first."""
    if settings.sweep:
        parent = find_sweep(mlflow, settings.sweep, settings.tracking)
        experiment, query = parent.info.experiment_id, f"tags.`{PARENT}` = '{parent.info.run_id}'"
    else:
        experiment, query = find_experiment(mlflow, settings), ""
    return all_runs(mlflow, [experiment], query)


def all_runs(mlflow, experiments: Sequence[str], query: str, view: int | None = None) -> list[Any]:
    """Returns all runs of the experiments that match the query, oldest first; deleted runs only with a `view`."""
    from mlflow.entities import ViewType

    client, runs, token = mlflow.MlflowClient(), [], None
    while True:
        page = client.search_runs(
            experiments,
            query,
            run_view_type=view or ViewType.ACTIVE_ONLY,
            order_by=["attributes.start_time ASC"],
            page_token=token,
        )
        runs += page
        token = page.token
        if not token:
            return runs


def find_sweep(mlflow, name: str, server: Server):
    """Returns the parent run with this id, or the newest parent run with this name.

    Raises:
        UserError: if there is no such sweep; the message lists the existing sweeps.
    """
    if RUN_ID.fullmatch(name) or (RUN_ID_START.fullmatch(name) and full_run_id(mlflow, name) != name):
        return existing_run(mlflow, name, "sweep", server)
    experiments = mlflow.MlflowClient().search_experiments(max_results=1000)
    ids = [experiment.experiment_id for experiment in experiments]
    sweeps = all_runs(mlflow, ids, f"tags.`{KIND}` = '{SWEEP_KIND}'")
    found = [run for run in sweeps if name in (run.data.tags.get(SWEEP), run.info.run_name)]
    if not found:
        names = list(dict.fromkeys(run.data.tags[SWEEP] for run in reversed(sweeps)))
        there = f"there are {', '.join(names[:20])}" if names else "there is no sweep at all"
        raise UserError(
            f"sweep={name} is not a sweep at tracking.uri={server.safe_uri}, neither run id nor name; {there}"
            f"{nearest_name(name, names)}"
        )
    return found[-1]


def find_experiment(mlflow, settings: CompareSettings) -> str:
    """Returns the id of the experiment.

    Raises:
        UserError: if there is no such experiment; the message lists the existing experiments.
    """
    client = mlflow.MlflowClient()
    name = str(settings.experiment)
    found = client.get_experiment_by_name(name)
    if found:
        return found.experiment_id
    names = sorted(experiment.name for experiment in client.search_experiments(max_results=1000))
    raise UserError(
        f"experiment={name}: there is no experiment with this name at tracking.uri={settings.tracking.safe_uri}, "
        f"only {', '.join(names[:20])}{nearest_name(name, names)}"
    )
