"""Views of MLflow's interface: columns and order of its tables, and the lines that say where they are."""

import json
from types import SimpleNamespace

from classifier.settings import Server
from classifier.tracking.views import runs_view, trials_view, view_address, where_to_look


def state(tag):
    return json.loads(json.loads(tag[1])["state"])


def run(**params):
    return SimpleNamespace(
        data=SimpleNamespace(params={key.replace("__", "."): value for key, value in params.items()})
    )


def test_the_runs_are_sorted_by_validation_with_the_settings_that_differ():
    runs = [
        run(encoder="tiny", encoder__depth="1", seed="0", data="embedded"),
        run(encoder="small", encoder__depth="2", seed="1", data="embedded"),
        run(),  # a sweep or a comparison
    ]
    found = state(runs_view(runs))
    assert (found["orderByKey"], found["orderByAsc"]) == ("metrics.`valid.accuracy`", False)
    assert found["selectedColumns"][0] == "metrics.`test.accuracy`"
    assert [column for column in found["selectedColumns"] if column.startswith("params.")] == [
        "params.`encoder`",
        "params.`seed`",
    ]


def test_trials_are_sorted_by_their_objective():
    key, content = trials_view("sweep depths", "7" * 32, ["encoder.depth"], ["valid.log_loss"], ascending=True)
    found = state((key, content))
    assert key.endswith("7" * 32)
    assert found["searchFilter"] == f"tags.`mlflow.parentRunId` = '{'7' * 32}'"
    assert (found["orderByKey"], found["orderByAsc"]) == ("metrics.`valid.log_loss`", True)
    assert found["selectedColumns"][:2] == ["metrics.`valid.log_loss`", "params.`encoder.depth`"]


def test_the_lines_start_an_interface_only_where_no_server_is_running():
    local, server = Server("sqlite:///mlflow.db"), Server("http://me:secret@host:5000")
    address = view_address(local, "3", "runs")
    assert address == "http://127.0.0.1:5000/#/experiments/3/runs?viewStateShareKey=runs&workflowType=machine_learning"
    start, look = where_to_look(local, address)
    assert start.startswith("Start    MLFLOW_DISABLE_TELEMETRY=true mlflow ui ") and look == f"Look at  {address}"
    (line,) = where_to_look(server, view_address(server, "3", "runs"))
    assert line.startswith("Look at  http://me:***@host:5000/#/experiments/3/runs?")
