"""Models of a run: a run that was interrupted and resumed may have several, of which only one is valid."""

from typing import Any

VERSIONS = "mlflow.modelVersions"  # tag of a logged model with a registered version
READY = "READY"  # status of a logged model with all its files


def models_of(mlflow: Any, run: Any) -> list[Any]:
    """Returns the logged models of a run, starting with the valid model: the newest that is complete.

    MLflow lists them in arbitrary order and includes deleted models, which are skipped.
    """
    client, found = mlflow.MlflowClient(), []
    for output in run.outputs.model_outputs if run.outputs else []:
        try:
            model = client.get_logged_model(output.model_id)
        except mlflow.exceptions.MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            continue
        found.append((model.status == READY, model.creation_timestamp, output.step, model))
    return [model for *_, model in sorted(found, key=lambda entry: entry[:3], reverse=True)]


def delete_older_models(mlflow: Any, run_id: str, model_id: str) -> None:
    """Deletes the models that the run logged before this model, except registered versions."""
    client = mlflow.MlflowClient()
    for model in models_of(mlflow, client.get_run(run_id)):
        if model.model_id != model_id and VERSIONS not in model.tags:
            client.delete_logged_model(model.model_id)
