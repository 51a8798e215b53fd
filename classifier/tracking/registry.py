"""The model registry: a run's model becomes a version of a name, and the alias champion moves by one rule."""

import contextlib
import io
from dataclasses import dataclass, field
from typing import Any

from classifier.errors import UserError
from classifier.evaluation.predictions import Predictions
from classifier.evaluation.promotion import Incomparable, Judgement, judge
from classifier.settings import PromotionSettings, Server
from classifier.tracking.kept_runs import artifact, keeps, run_predictions
from classifier.tracking.named_runs import KIND, PARENT, SWEEP_KIND, all_runs, existing_run
from classifier.tracking.server import check_reachable, connect

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
    """Registers the run's model where it is no version of the name yet; moves the alias if the rule or force says so.

    The reason and the numbers are kept as tags of the version; with a move, the previous champion too.

    Raises:
        UserError: where there is no such run, or it has logged no model.
        Incomparable: where the rule cannot be applied; the version is registered then.
    """
    check_reachable(server)
    mlflow = connect(server)
    version = registered_version(mlflow, run_id, name, server)
    number, champion = int(version.version), champion_of(mlflow, name)
    if champion is None:
        reason = f"{name}: version {number} becomes the champion, as there was none"
        return move(mlflow, name, Promotion(True, number, number, None, reason))
    held = int(champion.version)
    if held == number:
        return Promotion(False, number, held, held, f"{name}: version {number} is the champion already")
    judgement, problem = judged(mlflow, run_id, champion, rule)
    if problem and not force:
        raise Incomparable(
            f"{name}: version {number} is registered, but cannot be held against the champion, version {held}: "
            f"{problem}. The champion stays; force=true would replace it."
        )
    told, numbers = (judgement.told, judgement.numbers) if judgement else (f"not compared, as {problem}", {})
    now = champion_of(mlflow, name)
    if now is None or int(now.version) != held:  # moved by somebody else in the meantime
        return promote(run_id, name, rule, force, server)
    if force or (judgement and judgement.better):
        how = "by force" if force else f"by promote.rule={rule.rule.name}"
        reason = f"{name}: version {number} replaces version {held} as the champion {how}: {told}"
        return move(mlflow, name, Promotion(True, number, number, held, reason, numbers), rule)
    reason = f"{name}: version {held} stays the champion by promote.rule={rule.rule.name}; version {number} has {told}"
    refused = Promotion(False, number, held, held, reason, numbers)
    keep_tags(mlflow, name, refused, rule)
    return refused


def judged(mlflow, run_id: str, champion: Any, rule: PromotionSettings) -> tuple[Judgement | None, str]:
    """The judgement, or why there can be none."""
    try:
        return judge(validated(mlflow, run_id), validated(mlflow, champion.run_id), rule), ""
    except Incomparable as error:
        return None, str(error)


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


def registered_version(mlflow, run_id: str, name: str, server: Server):
    """The version of the name that is the run's model; made where there is none.

    Raises:
        UserError: where there is no such run, or it has logged no model.
    """
    run = existing_run(mlflow, run_id, "run", server)
    if not (run.outputs and run.outputs.model_outputs):
        raise UserError(f"run={run_id} has logged no model: {why_no_model(mlflow, run)}.")
    model = f"models:/{run.outputs.model_outputs[-1].model_id}"
    for version in mlflow.MlflowClient().search_model_versions(f"name='{name}' and run_id='{run_id}'"):
        if version.source == model:
            return version
    with contextlib.redirect_stderr(io.StringIO()):
        return mlflow.register_model(model, name)


def why_no_model(mlflow, run: Any) -> str:
    """The reason, and what to promote instead."""
    kind = run.data.tags.get(KIND)
    if kind == SWEEP_KIND:
        trials = all_runs(mlflow, [run.info.experiment_id], f"tags.`{PARENT}` = '{run.info.run_id}'")
        ids = [one.info.run_id for one in trials if one.outputs and one.outputs.model_outputs]
        have = f"promote one of those that have a model, {', '.join(ids)}" if ids else "none of its runs has one either"
        return f"it is a sweep; {have}"
    if run.data.params.get("trainer.validation_only") == "true":
        return "it was trained with trainer.validation_only=true, as in a search; sweep.refit=true trains the best anew"
    return f"it is {run.info.status}"


def champion_of(mlflow, name: str):
    """The version that has the alias, or None."""
    try:
        return mlflow.MlflowClient().get_model_version_by_alias(name, CHAMPION)
    except mlflow.exceptions.MlflowException as error:
        if error.error_code not in NONE:
            raise
        return None


def move(mlflow, name: str, promotion: Promotion, rule: PromotionSettings | None = None) -> Promotion:
    """Keeps the tags, then gives the alias to the version."""
    keep_tags(mlflow, name, promotion, rule)
    mlflow.MlflowClient().set_registered_model_alias(name, CHAMPION, str(promotion.champion))
    return promotion


def keep_tags(mlflow, name: str, promotion: Promotion, rule: PromotionSettings | None) -> None:
    """Writes what was decided, and why, to the challenger's version."""
    tags = {"promotion.promoted": str(promotion.promoted).lower(), "promotion.reason": promotion.reason}
    if promotion.previous and promotion.promoted:
        tags[PREVIOUS] = str(promotion.previous)
    if rule and promotion.numbers:
        tags |= {"promotion.rule": rule.rule.name, "promotion.metric": f"valid.{rule.metric.name}"}
    tags |= {f"promotion.{key}": f"{value:.6g}" for key, value in promotion.numbers.items()}
    for key, value in tags.items():
        mlflow.MlflowClient().set_model_version_tag(name, str(promotion.version), key, value)


def roll_back(name: str, server: Server) -> Promotion:
    """Gives the alias back to the version from which the champion took it.

    Raises:
        UserError: where there is no champion, or none before it.
    """
    check_reachable(server)
    mlflow = connect(server)
    client, champion = mlflow.MlflowClient(), champion_of(mlflow, name)
    if champion is None:
        raise UserError(f"name={name}: no model of that name has a champion at tracking.uri={server.uri}.")
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
