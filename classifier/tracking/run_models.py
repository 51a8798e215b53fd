"""The models that one run has logged: a run that was interrupted and resumed has several, of which one counts."""

from typing import Any

VERSIONS = "mlflow.modelVersions"  # tag of a logged model that is a version of a registered name
READY = "READY"  # status of a logged model whose files are all there


def models_of(mlflow: Any, run: Any) -> list[Any]:
    """The logged models of a run that were not deleted, first the one that counts: the newest that is complete.

    MLflow lists them in no particular order, together with those that were deleted.
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
    return [model for *_, model in sorted(found, key=lambda one: one[:3], reverse=True)]


def delete_older_models(mlflow: Any, run_id: str, model_id: str) -> None:
    """Deletes the models that the run logged before this one, unless they are versions of a registered name."""
    client = mlflow.MlflowClient()
    for model in models_of(mlflow, client.get_run(run_id)):
        if model.model_id != model_id and VERSIONS not in model.tags:
            client.delete_logged_model(model.model_id)
