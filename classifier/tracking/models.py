"""Models in MLflow: logged with signature and example, found again."""

import contextlib
import io
import json
import re
import warnings
from importlib import metadata
from pathlib import Path

from classifier.errors import UserError
from classifier.settings import Server
from classifier.terminal import warn
from classifier.tracking.abandoned import connect_existing
from classifier.tracking.address import database_file
from classifier.tracking.named_runs import nearest_run
from classifier.tracking.run_models import models_of
from classifier.tracking.server import connect, first_line

NO_MODEL = "is neither a folder nor a run id nor a registered model"


def log_model(mlflow, run_id: str, folder: Path, example: str, label_names: tuple[str, ...], step: int) -> str:
    """Logs the SavedModel as a LoggedModel of the run; returns its id.

    Args:
        mlflow: connected.
        run_id: of the run that made it.
        folder: of the SavedModel.
        example: a text that the model page shows.
        label_names: of the columns of the probabilities.
        step: of the last epoch.
    """
    from mlflow.models import Model, ModelSignature
    from mlflow.types.schema import ColSpec, Map, Schema

    mlflow.set_experiment(experiment_id=mlflow.MlflowClient().get_run(run_id).info.experiment_id)  # else: Default
    outputs = [("label", "string"), ("score", "float"), ("probabilities", Map("float"))]
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")  # MLflow advises on type hints
        logged = Model.log(
            artifact_path=None,
            flavor=mlflow.pyfunc,
            name="model",
            run_id=run_id,
            step=step,
            python_model=str(Path(__file__).with_name("pyfunc_model.py")),
            artifacts={"saved_model": str(folder)},
            # No schema of the input: with one, MLflow refuses lists and columns of another name.
            signature=ModelSignature(outputs=Schema([ColSpec(kind, name) for name, kind in outputs])),
            input_example={"text": [example[:1000]]},
            pip_requirements=[f"{name}=={metadata.version(name)}" for name in ("tensorflow", "tensorflow-text")],
            metadata={"label_names": list(label_names)},
        )
    return logged.model_id


def numbered_version(model: str, settings: Server) -> str:
    """Name and number, such as support/3, of models:/support@champion or models:/support/3; "" of anything else."""
    if match := re.fullmatch(r"models:/([^/@]+/\d+)", model):
        return match[1]
    match = re.fullmatch(r"models:/([^/@]+)@([^/@]+)", model)
    if match is None:
        return ""
    mlflow = connect_existing(settings, f"model={model} {NO_MODEL}")
    try:
        return f"{match[1]}/{mlflow.MlflowClient().get_model_version_by_alias(match[1], match[2]).version}"
    except mlflow.exceptions.MlflowException:
        return ""  # whoever looks for the model will say so


def find_model(model: str, settings: Server) -> Path:
    """The SavedModel folder of a run id or of a `models:/` address, downloaded where it is not local.

    Raises:
        UserError: where there is none.
    """
    mlflow = connect_existing(settings, f"model={model} {NO_MODEL}")
    try:
        if model.startswith("models:/"):
            folder = Path(mlflow.artifacts.download_artifacts(model))
        else:
            logged = models_of(mlflow, mlflow.MlflowClient().get_run(run_named(model)))
            if not logged:
                raise UserError(f"The run {model} has logged no model; it may not be finished.")
            folder = Path(mlflow.artifacts.download_artifacts(f"models:/{logged[0].model_id}"))
    except (mlflow.exceptions.MlflowException, OSError) as error:
        hint = "." if model.startswith("models:/") else nearest_run(mlflow, model)
        raise UserError(
            f"model={model} {NO_MODEL} at tracking.uri={settings.safe_uri}: {first_line(error).rstrip('.')}{hint}"
        ) from error
    found = next(folder.rglob("saved_model.pb"), None)
    if found is None:
        raise UserError(f"model={model} holds no SavedModel; was it logged by classifier.train?")
    return found.parent


def run_named(model: str) -> str:
    """The run id of MLflow's own address of a run's model.

    >>> run_named("runs:/0123456789abcdef/model"), run_named("0123456789abcdef")
    ('0123456789abcdef', '0123456789abcdef')
    """
    match = re.fullmatch(r"runs:/([^/]+)(/model)?", model)
    return match[1] if match else model


def run_of_model(model: str, folder: Path, settings: Server) -> str | None:
    """The run that made a model, where it is kept at `tracking.uri`; else None.

    Args:
        model: as it was given: a folder, a run id or a `models:/` address.
        folder: of the SavedModel; beside it training has left the id of its run.
        settings: where runs are kept.
    """
    summary = folder.parent / "summary.json"
    local = Path(model).expanduser().is_dir()
    database = database_file(settings.uri)
    if (local and not summary.exists()) or (database and not database.exists()):
        return None
    mlflow = connect(settings)
    try:
        if model.startswith("models:/"):
            return mlflow.models.get_model_info(model).run_id
        run_id = json.loads(summary.read_text()).get("run_id") if local else run_named(model)
        return run_id and mlflow.MlflowClient().get_run(run_id).info.run_id
    except (mlflow.exceptions.MlflowException, OSError, ValueError):
        return None


def log_folder(run_id: str, folder: Path, name: str, settings: Server) -> bool:
    """Everything in the folder as artifacts of a run, under the name; False where the server does not take it."""
    mlflow = connect(settings)
    try:
        mlflow.MlflowClient().log_artifacts(run_id, str(folder), name)
    except (mlflow.exceptions.MlflowException, OSError) as error:
        warn(f"Not logged to run {run_id}: {first_line(error)}.")
        return False
    return True


def run_config(run_id: str, settings: Server) -> Path:
    """The composed config of a run, as a local file.

    Raises:
        UserError: where there is no such run, or it kept none.
    """
    mlflow = connect_existing(settings, f"run={run_id} is not a finished run")
    try:
        return Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="config.yaml"))
    except (mlflow.exceptions.MlflowException, OSError) as error:
        raise UserError(
            f"run={run_id} is not a finished run at tracking.uri={settings.safe_uri}: {first_line(error).rstrip('.')}"
            f"{nearest_run(mlflow, run_id)}"
        ) from error
