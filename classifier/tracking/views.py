"""The trials of a sweep as one table of MLflow's interface: its columns, its order and its address.

MLflow keeps a view of an experiment as a tag of it, and lists it under "Views"; the address that names it opens it.
"""

import json
import time
from collections.abc import Sequence

from classifier.settings import Server

VIEW = "mlflow.sharedViewState."  # tag of an experiment, with the key of the view behind it
TAGS = ("classifier.reason", "sweep", "dataset")
LOCAL = "http://127.0.0.1:5000"  # where `mlflow ui` answers


def trials_view(
    name: str, parent: str, settings: Sequence[str], metrics: Sequence[str], ascending: bool
) -> tuple[str, str]:
    """The experiment's tag that shows the trials of a sweep, key and value.

    Args:
        name: of the view.
        parent: run id of the sweep, which is the key of the view as well.
        settings: that differ among the trials, a column each.
        metrics: a column each; the first one sorts.
        ascending: whether the lowest of the first metric comes first.
    """
    columns = [f"metrics.`{one}`" for one in metrics] + [f"params.`{one}`" for one in settings]
    columns += ["attributes.`Version`", *(f"tags.`{one}`" for one in TAGS)]
    state = {
        "searchFilter": f"tags.`mlflow.parentRunId` = '{parent}'",
        "orderByKey": f"metrics.`{metrics[0]}`",
        "orderByAsc": ascending,
        "selectedColumns": columns,
    }
    now = int(time.time() * 1000)
    view = {"name": name, "createdAt": now, "updatedAt": now, "state": json.dumps(state)}
    return VIEW + parent, json.dumps(view)


def view_path(experiment: str, parent: str) -> str:
    """Where the interface has the view."""
    return f"#/experiments/{experiment}/runs?viewStateShareKey={parent}&workflowType=machine_learning"


def view_address(server: Server, experiment: str, parent: str) -> str:
    """Where a browser finds the view, once `mlflow ui` runs or on the server."""
    base = server.safe_uri.rstrip("/") if server.uri.startswith("http") else LOCAL
    return f"{base}/{view_path(experiment, parent)}"
