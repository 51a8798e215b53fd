"""The model registry: a run's model becomes a version of a name, and the alias champion moves by one rule."""

import contextlib
import io
from dataclasses import dataclass, field
from typing import Any

from classifier.comparison.promotion import Incomparable, Judgement, judge
from classifier.errors import UserError
from classifier.evaluation.predictions import Predictions
from classifier.settings import PromotionSettings, Server
from classifier.tracking.abandoned import connect_existing
from classifier.tracking.named_runs import KIND, PARENT, SWEEP_KIND, all_runs, existing_run
from classifier.tracking.run_models import models_of
from classifier.tracking.run_records import artifact, keeps, run_predictions
from classifier.tracking.server import connect, one_at_a_time, writing

CHAMPION = "champion"
PREVIOUS = "promotion.previous_champion"  # tag of a version: the one that it took the alias from
NONE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")  # how MLflow says that there is no such name or alias


@dataclass(frozen=True, slots=True)
class Promotion:
    """What became of it."""

    promoted: bool  # whether the alias has moved
    version: int  # of the challenger
    champion: int  # now
    previous: int | None  # the champion before
    reason: str
    numbers: dict[str, float] = field(default_factory=dict)


def promote(run_id: str, name: str, rule: PromotionSettings, force: bool, server: Server) -> Promotion:
    """Moves the alias to the run's model if the rule or force says so; registers the model where it is no version yet.

    The reason and the numbers are kept as tags of the version; with a move, the previous champion too.

    Raises:
        UserError: where there is no such run, or it has logged no model.
        Incomparable: where the rule cannot be applied; nothing is registered then.
    """
    mlflow = connect_existing(server, f"run: {run_id} is not a run")
    model, champion = model_to_promote(mlflow, run_id, server), champion_of(mlflow, name)
    held = None if champion is None else int(champion.version)
    if held is not None and is_version(model, champion):
        return Promotion(False, held, held, held, f"{name}: version {held} is the champion already")
    judgement = None if champion is None else judged(mlflow, run_id, champion, rule, force)
    with one_at_a_time(server.uri), writing(f"a version of {name}", server):
        now = champion_of(mlflow, name)
        if held == (None if now is None else int(now.version)):
            promotion = decided(name, version_of(mlflow, model, name), held, judgement, rule if not force else None)
            keep_tags(mlflow, name, promotion, rule)
            if promotion.promoted:
                mlflow.MlflowClient().set_registered_model_alias(name, CHAMPION, str(promotion.champion))
            return promotion
    return promote(run_id, name, rule, force, server)  # somebody else has moved the alias in the meantime


def decided(
    name: str, number: int, held: int | None, judgement: Judgement | None, rule: PromotionSettings | None
) -> Promotion:
    """What becomes of version `number` where version `held` is the champion; without a rule it takes over by force."""
    if held is None or judgement is None:
        reason = f"{name}: version {number} becomes the champion, as there was none"
        return Promotion(True, number, number, None, reason)
    how = f"by promote.rule={rule.rule.name}" if rule else "by force"
    if judgement.better or not rule:
        reason = f"{name}: version {number} replaces version {held} as the champion {how}: {judgement.told}"
        return Promotion(True, number, number, held, reason, judgement.numbers)
    reason = f"{name}: version {held} stays the champion {how}; version {number} has {judgement.told}"
    return Promotion(False, number, held, held, reason, judgement.numbers)


def register_and_promote(run_id: str, name: str, server: Server) -> str:
    """Registers the run's model and promotes it by the default rule; returns what became of it in a sentence.

    Where it cannot be compared with the champion, it is registered all the same.
    """
    try:
        return f"{promote(run_id, name, PromotionSettings(), False, server).reason}."
    except Incomparable as error:
        mlflow = connect(server)
        with one_at_a_time(server.uri):
            version = version_of(mlflow, model_to_promote(mlflow, run_id, server), name)
        return f"{error} The model is registered as version {version}."


def judged(mlflow, run_id: str, champion: Any, rule: PromotionSettings, force: bool) -> Judgement:
    """The judgement on a run; where there can be none, its words say why.

    Raises:
        Incomparable: where there can be none, unless by force.
    """
    try:
        return judge(validated(mlflow, run_id), validated(mlflow, champion.run_id), rule)
    except Incomparable as problem:
        if force:
            return Judgement(True, {}, f"not compared, as {problem}")
        raise Incomparable(
            f"The model of run {run_id} cannot be compared with the champion, version {champion.version} of "
            f"{champion.name}: {problem}. The champion stays; force=true would replace it."
        ) from None


def validated(mlflow, run_id: str) -> Predictions:
    """The run's answers to its validation examples.

    Raises:
        Incomparable: where it keeps none.
    """
    try:
        if run_id and keeps(mlflow, run_id, "valid"):
            return run_predictions(mlflow, run_id, "valid")
    except mlflow.exceptions.MlflowException as error:
        if error.error_code not in NONE:
            raise
    raise Incomparable(f"the run {run_id or 'of the champion'} keeps no {artifact('valid')}")


def model_to_promote(mlflow, run_id: str, server: Server) -> Any:
    """The LoggedModel of the run.

    Raises:
        UserError: where there is no such run, or it has logged no model.
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
    """The number of the version of the name that is the model; made where there is none."""
    for version in mlflow.MlflowClient().search_model_versions(f"name='{name}' and run_id='{model.source_run_id}'"):
        if is_version(model, version):
            return int(version.version)
    with contextlib.redirect_stderr(io.StringIO()):
        return int(mlflow.register_model(f"models:/{model.model_id}", name).version)


def why_no_model(mlflow, run: Any) -> str:
    """The reason, and what to promote instead."""
    kind = run.data.tags.get(KIND)
    if kind == SWEEP_KIND:
        trials = all_runs(mlflow, [run.info.experiment_id], f"tags.`{PARENT}` = '{run.info.run_id}'")
        ids = [one.info.run_id for one in trials if one.outputs and one.outputs.model_outputs]
        have = f"promote one of those that have a model, {', '.join(ids)}" if ids else "none of its runs has one either"
        return f"it is a sweep; {have}"
    if run.data.params.get("trainer.validation_only") == "true":
        hint = "sweep.refit=true trains the best setting again"
        return f"it was trained with trainer.validation_only=true, as in a search; {hint}"
    return f"it is {run.info.status}"


def champion_of(mlflow, name: str):
    """The version that has the alias, or None."""
    try:
        return mlflow.MlflowClient().get_model_version_by_alias(name, CHAMPION)
    except mlflow.exceptions.MlflowException as error:
        if error.error_code not in NONE:
            raise
        return None


def keep_tags(mlflow, name: str, promotion: Promotion, rule: PromotionSettings) -> None:
    """Writes what was decided, and why, to the challenger's version."""
    tags = {"promotion.promoted": str(promotion.promoted).lower(), "promotion.reason": promotion.reason}
    if promotion.previous and promotion.promoted:
        tags[PREVIOUS] = str(promotion.previous)
    if promotion.numbers:
        tags |= {"promotion.rule": rule.rule.name, "promotion.metric": f"valid.{rule.metric.name}"}
    tags |= {f"promotion.{key}": f"{value:.6g}" for key, value in promotion.numbers.items()}
    for key, value in tags.items():
        mlflow.MlflowClient().set_model_version_tag(name, str(promotion.version), key, value)


def roll_back(name: str, server: Server) -> Promotion:
    """Gives the alias back to the version from which the champion took it.

    Raises:
        UserError: where there is no champion, or none before it.
    """
    mlflow = connect_existing(server, f"name={name}: no model of that name has a champion")
    client, champion = mlflow.MlflowClient(), champion_of(mlflow, name)
    if champion is None:
        raise UserError(f"name={name}: no model of that name has a champion at tracking.uri={server.safe_uri}.")
    held, previous = int(champion.version), champion.tags.get(PREVIOUS)
    if previous is None:
        raise UserError(f"name={name}: version {held} is the first champion, and there is none to go back to.")
    try:
        client.get_model_version(name, previous)
    except mlflow.exceptions.MlflowException as error:
        raise UserError(f"name={name}: the previous champion, version {previous}, was deleted.") from error
    reason = f"{name}: rolled back from version {held} to version {previous}"
    client.set_registered_model_alias(name, CHAMPION, previous)
    client.delete_model_version_tag(name, str(held), PREVIOUS)  # it is undone, and going back again goes further back
    client.set_model_version_tag(name, str(held), "promotion.promoted", "false")
    client.set_model_version_tag(name, str(held), "promotion.reason", reason)
    return Promotion(True, int(previous), int(previous), held, reason)
