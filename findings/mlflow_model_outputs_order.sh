#!/usr/bin/env bash
# Three models logged to one MLflow run, one after the other, at steps 0, 1 and 2.
# Expected: run.outputs.model_outputs lists them in that order, so that the last one is the newest.
# Seen (MLflow 3.17.2, SQLite): their order follows random ids; over 40 runs the last one is the newest about as often as
#   chance has it. Choose by the model's creation_timestamp, or by the step of the output.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q mlflow==3.17.2
cd "$folder"
MLFLOW_DISABLE_TELEMETRY=true venv/bin/python - <<'PYTHON'
from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput

client = MlflowClient("sqlite:///mlflow.db")
experiment = client.create_experiment("order")
newest_is_last = newest_by_step = 0
for _ in range(40):
    run_id = client.create_run(experiment).info.run_id
    for step in range(3):
        model = client.create_logged_model(experiment, name="model", source_run_id=run_id)
        client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step)])
    outputs = client.get_run(run_id).outputs.model_outputs
    newest_is_last += outputs[-1].model_id == model.model_id
    newest_by_step += max(outputs, key=lambda output: output.step).model_id == model.model_id
print(f"of 40 runs, the newest model is the last output in {newest_is_last}, that of the largest step in {newest_by_step}")
assert newest_is_last < 40 and newest_by_step == 40, "the behaviour has changed"
PYTHON
