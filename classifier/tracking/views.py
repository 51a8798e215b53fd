"""Shows the trials of a sweep as a table in MLflow's interface: its columns, order and address.

MLflow stores a view as a tag of the experiment, lists it under "Views", and opens it by its address.
"""

import json
import time
from collections.abc import Sequence

from classifier.settings import Server

VIEW = "mlflow.sharedViewState."  # prefix of the tag of an experiment, followed by the key of the view
TAGS = ("classifier.reason", "sweep", "dataset")
LOCAL = "http://127.0.0.1:5000"  # address of `mlflow ui`


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
    columns = [f"metrics.`{name}`" for name in metrics] + [f"params.`{name}`" for name in settings]
    columns += ["attributes.`Version`", *(f"tags.`{tag}`" for tag in TAGS)]
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
    """Returns the path of the view in the interface."""
    return f"#/experiments/{experiment}/runs?viewStateShareKey={parent}&workflowType=machine_learning"


def view_address(server: Server, experiment: str, parent: str) -> str:
    """Returns the address of the view on the server, or on this machine while `mlflow ui` is running."""
    base = server.safe_uri.rstrip("/") if server.uri.startswith("http") else LOCAL
    return f"{base}/{view_path(experiment, parent)}"
