"""The model registry: registers models as versions of a name, and moves the alias champion by a rule."""

import contextlib
import io
from dataclasses import dataclass, field, replace
from typing import Any

from classifier.comparison.promotion import Incomparable, Judgement, judge
from classifier.errors import UserError
from classifier.evaluation.predictions import Predictions
from classifier.settings import PromotionSettings, Server
from classifier.tracking.abandoned import connect_existing
from classifier.tracking.named_runs import KIND, PARENT, SWEEP_KIND, all_runs, existing_run
from classifier.tracking.notes import NOTE, as_markdown
from classifier.tracking.run_models import models_of
from classifier.tracking.run_records import artifact, has_predictions, run_predictions
from classifier.tracking.server import connect, exclusive, writing

CHAMPION = "champion"
PREVIOUS = "promotion.previous_champion"  # tag of a version: the version that was champion before
NONE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")  # MLflow's error codes for unknown names and aliases


@dataclass(frozen=True, slots=True)
class Promotion:
    """The result of a promotion."""

    promoted: bool  # whether the alias was moved
    version: int  # of the challenger
    champion: int  # version of the champion after the promotion
    previous: int | None  # version of the champion before the promotion
    reason: str
    numbers: dict[str, float] = field(default_factory=dict)
    run_id: str | None = None  # of the challenger


def promote(run_id: str, name: str, rule: PromotionSettings, force: bool, server: Server) -> Promotion:
    """Registers the model of a run, and moves the alias to it if the rule is met or with `force`.

    The description of the version gives the reason; a tag names the previous champion if the alias is moved.

    Raises:
        UserError: if there is no such run, or it has logged no model.
        Incomparable: if the rule cannot be applied; in this case nothing is registered.
    """
    mlflow = connect_existing(server, f"run: {run_id} is not a run")
    run_id = existing_run(mlflow, run_id, "run", server).info.run_id
    model, champion = model_to_promote(mlflow, run_id, server), champion_of(mlflow, name)
    current = None if champion is None else int(champion.version)
    if current is not None and is_version(model, champion):
        reason = f"{name}: version {current} is the champion already"
        return Promotion(False, current, current, current, reason, run_id=run_id)
    judgement = None if champion is None else judge_run(mlflow, run_id, champion, rule, force)
    with exclusive(server.uri), writing(f"a version of {name}", server):
        now = champion_of(mlflow, name)
        if current == (None if now is None else int(now.version)):
            promotion = decide(name, version_of(mlflow, model, name), current, judgement, rule if not force else None)
            describe(mlflow, name, promotion)
            if promotion.promoted:
                mlflow.MlflowClient().set_registered_model_alias(name, CHAMPION, str(promotion.champion))
            return replace(promotion, run_id=run_id)
    return promote(run_id, name, rule, force, server)  # another process has moved the alias in the meantime


def decide(
    name: str, number: int, current: int | None, judgement: Judgement | None, rule: PromotionSettings | None
) -> Promotion:
    """Decides whether version `number` replaces the champion, version `current`; always true without a rule."""
    if current is None or judgement is None:
        reason = f"{name}: version {number} becomes the champion, as there was none"
        return Promotion(True, number, number, None, reason)
    how = f"by promote.rule={rule.rule.name}" if rule else "by force"
    if judgement.better or not rule:
        reason = f"{name}: version {number} replaces version {current} as the champion {how}: {judgement.summary}"
        return Promotion(True, number, number, current, reason, judgement.numbers)
    reason = f"{name}: version {current} stays the champion {how}; version {number} has {judgement.summary}"
    return Promotion(False, number, current, current, reason, judgement.numbers)


def register_and_promote(run_id: str, name: str, server: Server) -> str:
    """Registers the model of a run and promotes it by the default rule; returns the result as a sentence.

    The model is registered even if it cannot be compared with the champion.
    """
    try:
        return f"{promote(run_id, name, PromotionSettings(), False, server).reason}."
    except Incomparable as error:
        mlflow = connect(server)
        with exclusive(server.uri):
            version = version_of(mlflow, model_to_promote(mlflow, run_id, server), name)
        return f"{error} The model is registered as version {version}."


def judge_run(mlflow, run_id: str, champion: Any, rule: PromotionSettings, force: bool) -> Judgement:
    """Compares a run with the champion; with `force`, a failed comparison is a judgement with its reason.

    Raises:
        Incomparable: if the runs cannot be compared, unless `force` is true.
    """
    try:
        challenger = validation_predictions(mlflow, run_id)
        return judge(challenger, validation_predictions(mlflow, champion.run_id), rule)
    except Incomparable as problem:
        if force:
            return Judgement(True, {}, f"not compared, as {problem}")
        raise Incomparable(
            f"The model of run {run_id} cannot be compared with the champion, version {champion.version} of "
            f"{champion.name}: {problem}. The champion stays; force=true would replace it."
        ) from None


def validation_predictions(mlflow, run_id: str) -> Predictions:
    """Returns the predictions of a run for its validation examples.

    Raises:
        Incomparable: if the run has none.
    """
    try:
        if run_id and has_predictions(mlflow, run_id, "valid"):
            return run_predictions(mlflow, run_id, "valid")
    except mlflow.exceptions.MlflowException as error:
        if error.error_code not in NONE:
            raise
    raise Incomparable(f"the run {run_id or 'of the champion'} keeps no {artifact('valid')}")


def model_to_promote(mlflow, run_id: str, server: Server) -> Any:
    """Returns the LoggedModel of the run.

    Raises:
        UserError: if there is no such run, or it has logged no model.
    """
    run = existing_run(mlflow, run_id, "run", server)
    models = models_of(mlflow, run)
    if not models:
        raise UserError(f"run={run_id} has logged no model: {why_no_model(mlflow, run)}.")
    return models[0]


def is_version(model: Any, version: Any) -> bool:
    """Whether the version of a registered name is the logged model."""
    return version.source == f"models:/{model.model_id}"


def version_of(mlflow, model: Any, name: str) -> int:
    """Returns the version number of the model, and registers the model if it is not yet a version."""
    for version in mlflow.MlflowClient().search_model_versions(f"name='{name}' and run_id='{model.source_run_id}'"):
        if is_version(model, version):
            return int(version.version)
    with contextlib.redirect_stderr(io.StringIO()):
        return int(mlflow.register_model(f"models:/{model.model_id}", name).version)


def why_no_model(mlflow, run: Any) -> str:
    """Explains why the run has no model, and what to promote instead."""
    kind = run.data.tags.get(KIND)
    if kind == SWEEP_KIND:
        trials = all_runs(mlflow, [run.info.experiment_id], f"tags.`{PARENT}` = '{run.info.run_id}'")
        ids = [trial.info.run_id for trial in trials if trial.outputs and trial.outputs.model_outputs]
        have = f"promote one of those that have a model, {', '.join(ids)}" if ids else "none of its runs has one either"
        return f"it is a sweep; {have}"
    if run.data.params.get("trainer.validation_only") == "true":
        hint = "sweep.refit=true trains the best setting again"
        return f"it was trained with trainer.validation_only=true, as in a search; {hint}"
    return f"it is {run.info.status}"


def champion_of(mlflow, name: str):
    """Returns the version with the alias, or None."""
    try:
        return mlflow.MlflowClient().get_model_version_by_alias(name, CHAMPION)
    except mlflow.exceptions.MlflowException as error:
        if error.error_code not in NONE:
            raise
        return None


def describe(mlflow, name: str, promotion: Promotion) -> None:
    """Describes the challenger's version by its run and the decision, and stores the previous champion as a tag."""
    client, number = mlflow.MlflowClient(), str(promotion.version)
    version = client.get_model_version(name, number)
    run = client.get_run(version.run_id)
    sentences = [as_markdown(f"{promotion.reason}."), run.data.tags.get(NOTE, "")]
    client.update_model_version(name, number, "\n\n".join(filter(None, sentences)))
    if promotion.previous and promotion.promoted:
        client.set_model_version_tag(name, number, PREVIOUS, str(promotion.previous))


def roll_back(name: str, server: Server) -> Promotion:
    """Moves the alias back to the previous champion.

    Raises:
        UserError: if there is no champion, or no previous champion.
    """
    mlflow = connect_existing(server, f"name={name}: no model of that name has a champion")
    client, champion = mlflow.MlflowClient(), champion_of(mlflow, name)
    if champion is None:
        raise UserError(f"name={name}: no model of that name has a champion at tracking.uri={server.safe_uri}.")
    current, previous = int(champion.version), champion.tags.get(PREVIOUS)
    if previous is None:
        raise UserError(f"name={name}: version {current} is the first champion, and there is none to go back to.")
    try:
        client.get_model_version(name, previous)
    except mlflow.exceptions.MlflowException as error:
        raise UserError(f"name={name}: the previous champion, version {previous}, was deleted.") from error
    reason = f"{name}: rolled back from version {current} to version {previous}"
    client.set_registered_model_alias(name, CHAMPION, previous)
    client.delete_model_version_tag(name, str(current), PREVIOUS)  # so that the next rollback goes one step further
    before = client.get_model_version(name, str(current)).description
    client.update_model_version(name, str(current), f"{as_markdown(reason)}.\n\n{before}")
    return Promotion(True, int(previous), int(previous), current, reason)
