"""Logs models to MLflow with signature and example, and finds logged models."""

import contextlib
import io
import json
import re
import warnings
from importlib import metadata
from pathlib import Path

from classifier.errors import UserError
from classifier.files import link_copies
from classifier.settings import Server
from classifier.tasks import Decision
from classifier.terminal import warn
from classifier.tracking.abandoned import connect_existing
from classifier.tracking.address import database_file, local_folder
from classifier.tracking.named_runs import full_run_id, nearest_run
from classifier.tracking.run_models import models_of
from classifier.tracking.server import connect, first_line

NO_MODEL = "is neither a folder nor a run id nor a registered model"


def log_model(mlflow, run_id: str, folder: Path, example: str, label_names: tuple[str, ...], step: int) -> str:
    """Logs the SavedModel as a LoggedModel of the run, and returns the model id.

    Args:
        mlflow: the connected module.
        run_id: id of the training run.
        folder: folder of the SavedModel.
        example: text that is shown on the model page.
        label_names: labels, in the order of the probabilities.
        step: step of the last epoch.
    """
    from mlflow.models import Model, ModelSignature
    from mlflow.types.schema import Array, ColSpec, Map, Schema

    mlflow.set_experiment(
        experiment_id=mlflow.MlflowClient().get_run(run_id).info.experiment_id
    )  # otherwise MLflow uses the experiment Default
    outputs = [("label", "string"), ("score", "float"), ("probabilities", Map("float"))]
    decision = Decision.read(folder)
    if decision.accept_from is not None:
        outputs.append(("accepted", "boolean"))
    if decision.include_from is not None:
        outputs.append(("label_set", Array("string")))
    if decision.label_from is not None:
        outputs.append(("labels", Array("string")))
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")  # about missing type hints
        logged = Model.log(
            artifact_path=None,
            flavor=mlflow.pyfunc,
            name="model",
            run_id=run_id,
            step=step,
            python_model=str(Path(__file__).with_name("pyfunc_model.py")),
            artifacts={"saved_model": str(folder)},
            # Without an input schema, because MLflow would reject lists and columns with other names.
            signature=ModelSignature(outputs=Schema([ColSpec(kind, name) for name, kind in outputs])),
            input_example={"text": [example[:1000]]},
            pip_requirements=[f"{name}=={metadata.version(name)}" for name in ("tensorflow", "tensorflow-text")],
            metadata={"label_names": list(label_names)},
        )
    keep_once(mlflow, logged.model_id, folder)
    return logged.model_id


def keep_once(mlflow, model_id: str, folder: Path) -> None:
    """Makes a logged model share its files with the folder that it was copied from, if it is on this machine."""
    stored = local_folder(mlflow.MlflowClient().get_logged_model(model_id).artifact_location)
    copy = stored and next(stored.rglob("saved_model.pb"), None)
    if copy:
        link_copies(folder, copy.parent)


def numbered_version(model: str, settings: Server) -> str:
    """Returns support/3 for models:/support@champion or models:/support/3, and "" for any other address."""
    if match := re.fullmatch(r"models:/([^/@]+/\d+)", model):
        return match[1]
    match = re.fullmatch(r"models:/([^/@]+)@([^/@]+)", model)
    if match is None:
        return ""
    mlflow = connect_existing(settings, f"model={model} {NO_MODEL}")
    try:
        return f"{match[1]}/{mlflow.MlflowClient().get_model_version_by_alias(match[1], match[2]).version}"
    except mlflow.exceptions.MlflowException:
        return ""  # reported when the model is looked up


def find_model(model: str, settings: Server, key: str = "model") -> Path:
    """Returns the SavedModel folder of a run id or `models:/` address, and downloads it if it is not local.

    Args:
        model: a run id or a `models:/` address.
        settings: tracking server.
        key: the setting that names the model.

    Raises:
        UserError: if there is no such model.
    """
    mlflow = connect_existing(settings, f"{key}={model} {NO_MODEL}")
    try:
        if model.startswith("models:/"):
            folder = Path(mlflow.artifacts.download_artifacts(model))
        else:
            logged = models_of(mlflow, mlflow.MlflowClient().get_run(full_run_id(mlflow, run_id_of(model))))
            if not logged:
                raise UserError(f"The run {model} has logged no model; it may not be finished.")
            folder = Path(mlflow.artifacts.download_artifacts(f"models:/{logged[0].model_id}"))
    except (mlflow.exceptions.MlflowException, OSError) as error:
        hint = "." if model.startswith("models:/") else nearest_run(mlflow, model)
        raise UserError(
            f"{key}={model} {NO_MODEL} at tracking.uri={settings.safe_uri}: {first_line(error).rstrip('.')}{hint}"
        ) from error
    found = next(folder.rglob("saved_model.pb"), None)
    if found is None:
        raise UserError(f"{key}={model} holds no SavedModel; was it logged by classifier.train?")
    return found.parent


def run_id_of(model: str) -> str:
    """Returns the run id in MLflow's `runs:/` address of a model, and any other name unchanged.

    >>> run_id_of("runs:/0123456789abcdef/model"), run_id_of("0123456789abcdef")
    ('0123456789abcdef', '0123456789abcdef')
    """
    match = re.fullmatch(r"runs:/([^/]+)(/model)?", model)
    return match[1] if match else model


def latest_run(settings: Server, sought: str) -> str:
    """Returns the id of the training that finished last and has a model.

    Args:
        settings: tracking server.
        sought: beginning of the message if there is none.

    Raises:
        UserError: if there is none.
    """
    mlflow = connect_existing(settings, f"{sought}, nor")
    client = mlflow.MlflowClient()
    experiments = [experiment.experiment_id for experiment in client.search_experiments(max_results=1000)]
    query = "attributes.status = 'FINISHED'"
    runs = client.search_runs(experiments, query, order_by=["attributes.end_time DESC"]) if experiments else []
    for run in runs:
        if run.outputs and run.outputs.model_outputs:
            return run.info.run_id
    raise UserError(f"{sought}, nor at tracking.uri={settings.safe_uri}, has finished with a model.")


def run_file(run_id: str, name: str, settings: Server) -> Path | None:
    """Returns the local path of an artifact of a run, or None if the run does not have it."""
    mlflow = connect(settings)
    try:
        return Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=name))
    except (mlflow.exceptions.MlflowException, OSError):
        return None


def run_of_model(model: str, folder: Path, settings: Server) -> str | None:
    """Returns the id of the training run of a model, or None if `tracking.uri` does not have it.

    Args:
        model: see `named_models.model_folder`.
        folder: folder of the SavedModel; the training writes its run id to a file next to it.
        settings: tracking server.
    """
    summary = folder.parent / "summary.json"
    local = summary.exists()
    database = database_file(settings.uri)
    if (not local and Path(model).expanduser().is_dir()) or (database and not database.exists()):
        return None
    mlflow = connect(settings)
    try:
        if model.startswith("models:/"):
            return mlflow.models.get_model_info(model).run_id
        run_id = json.loads(summary.read_text()).get("run_id") if local else full_run_id(mlflow, run_id_of(model))
        return run_id and mlflow.MlflowClient().get_run(run_id).info.run_id
    except (mlflow.exceptions.MlflowException, OSError, ValueError):
        return None


def log_folder(run_id: str, folder: Path, name: str, settings: Server) -> bool:
    """Logs a folder as artifacts of a run under the given name; returns False if the server rejects it."""
    mlflow = connect(settings)
    try:
        mlflow.MlflowClient().log_artifacts(run_id, str(folder), name)
    except (mlflow.exceptions.MlflowException, OSError) as error:
        warn(f"Not logged to run {run_id}: {first_line(error)}.")
        return False
    return True


def run_config(run_id: str, settings: Server) -> Path:
    """Returns the local path of the composed config of a run.

    Raises:
        UserError: if there is no such run, or it has no config.
    """
    mlflow = connect_existing(settings, f"run={run_id} is not a finished run")
    try:
        whole_id = full_run_id(mlflow, run_id)
        return Path(mlflow.artifacts.download_artifacts(run_id=whole_id, artifact_path="config.yaml"))
    except (mlflow.exceptions.MlflowException, OSError) as error:
        raise UserError(
            f"run={run_id} is not a finished run at tracking.uri={settings.safe_uri}: {first_line(error).rstrip('.')}"
            f"{nearest_run(mlflow, run_id)}"
        ) from error
