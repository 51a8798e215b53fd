"""Shows runs as a table in MLflow's interface: its columns, order and address.

MLflow stores a view as a tag of the experiment, lists it under "Views", and opens it by its address.
"""

import json
import time
from collections.abc import Sequence
from typing import Any

from classifier.settings import Server
from classifier.tracking.server import interface, is_server

VIEW = "mlflow.sharedViewState."  # prefix of the tag of an experiment, followed by the key of the view
TAGS = ("classifier.reason", "sweep", "dataset")
LOCAL = "http://127.0.0.1:5000"  # address of `mlflow ui`
ALL_RUNS = "runs"  # key of the view of all runs of an experiment
MOST_RUNS = 200  # the latest runs, whose settings are compared
MOST_SETTINGS = 8  # columns
NAME = "attributes.`Run Name`"  # the first column
NAME_WIDTH = 350  # pixels: a name consists of settings
METRICS = ("test.accuracy", "test.macro_f1", "valid.accuracy", "valid.macro_f1", "valid.log_loss")


def trials_view(
    name: str, parent: str, settings: Sequence[str], metrics: Sequence[str], ascending: bool
) -> tuple[str, str]:
    """Returns key and value of the experiment tag that defines the view of the trials of a sweep.

    Args:
        name: name of the view.
        parent: run id of the sweep, which is also the key of the view.
        settings: settings that differ between the trials, one column each.
        metrics: metrics, one column each; the table is sorted by the first metric.
        ascending: whether to sort in ascending order.
    """
    columns = [*metric_columns(metrics), *setting_columns(settings), "attributes.`Version`"]
    columns += [f"tags.`{tag}`" for tag in TAGS]
    return view(name, parent, columns, metrics[0], ascending, f"tags.`mlflow.parentRunId` = '{parent}'")


def runs_view(runs: Sequence[Any]) -> tuple[str, str]:
    """Returns key and value of the experiment tag that defines the view of all runs, sorted by validation accuracy.

    Args:
        runs: the latest MLflow runs of the experiment, which determine the columns: the settings that differ.
    """
    params = [run.data.params for run in runs if run.data.params]
    keys = dict.fromkeys(key for settings in params for key in settings)
    differing = [key for key in keys if len({settings.get(key) for settings in params}) > 1]
    chosen = [key for key in differing if key.rpartition(".")[0] not in differing]  # a choice stands for its keys
    columns = [*metric_columns(METRICS), *setting_columns(chosen[:MOST_SETTINGS])]
    columns += ["attributes.`Created`", "attributes.`Duration`"]
    return view("All runs", ALL_RUNS, columns, "valid.accuracy", ascending=False)


def view(name: str, key: str, columns: Sequence[str], metric: str, ascending: bool, query: str = "") -> tuple[str, str]:
    """Returns key and value of an experiment tag that defines a view, sorted by a metric."""
    state = {
        "searchFilter": query,
        "orderByKey": f"metrics.`{metric}`",
        "orderByAsc": ascending,
        "selectedColumns": list(columns),
        "columnOrder": [NAME],  # MLflow applies widths only to columns that are ordered
        "columnWidths": {NAME: NAME_WIDTH},
    }
    now = int(time.time() * 1000)
    content = {"name": name, "createdAt": now, "updatedAt": now, "state": json.dumps(state)}
    return VIEW + key, json.dumps(content)


def metric_columns(names: Sequence[str]) -> list[str]:
    return [f"metrics.`{name}`" for name in names]


def setting_columns(keys: Sequence[str]) -> list[str]:
    return [f"params.`{key}`" for key in keys]


def view_path(experiment: str, key: str) -> str:
    """Returns the path of a view in the interface, in its mode for model training."""
    return f"#/experiments/{experiment}/runs?viewStateShareKey={key}&workflowType=machine_learning"


def view_address(server: Server, experiment: str, key: str) -> str:
    """Returns the address of a view on the server, or on this machine while `mlflow ui` is running."""
    base = server.safe_uri.rstrip("/") if is_server(server) else LOCAL
    return f"{base}/{view_path(experiment, key)}"


def where_to_look(server: Server, address: str) -> list[str]:
    """Returns the lines that say how to open a view: the command that starts MLflow's interface, and the address."""
    if is_server(server):
        return [f"Look at  {address}"]
    return [f"Start    {interface(server)}", f"Look at  {address}"]
