"""The Optuna study behind a search: its storage, its sampler, its pruner, and whose a trial under way is."""

import contextlib
import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import optuna
import psutil
from optuna.distributions import BaseDistribution, check_distribution_compatibility
from optuna.storages.journal import JournalFileBackend
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial

from classifier.errors import UserError
from classifier.sweeps.objective import minimized
from classifier.sweeps.space import every_value

OWNER, ALIVE = "owner", "alive"  # attributes of a trial: the process that runs it, and when that last said so
ATTEMPTS, PAUSE_SECONDS = 3, 1  # at opening a storage: of two commands that make its tables at once one fails
ALIVE_SECONDS = 20  # between two such signs
STORAGES = "Write journal:///optuna.journal, sqlite:///optuna.db or postgresql+psycopg://user@host/database."
LOST_SECONDS = 120  # without one, after which a process on another machine counts as dead


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """Keys of hydra.sweeper, as `hydra_plugins.classifier_optuna` has them."""

    n_trials: int
    timeout: float | None
    sampler: str
    pruner: str
    seed: int
    startup_trials: int
    warmup_epochs: int
    storage: str

    def check(self) -> None:
        """Refuses numbers that mean nothing.

        Raises:
            UserError: naming the key.
        """
        for key, least in (("n_trials", 1), ("startup_trials", 0), ("warmup_epochs", 0)):
            if getattr(self, key) < least:
                raise UserError(f"hydra.sweeper.{key}={getattr(self, key)} must be {least} or more.")
        if self.timeout is not None and self.timeout <= 0:
            raise UserError(f"hydra.sweeper.timeout={self.timeout:g} must be above 0 seconds; null is no limit.")


class GridSampler(optuna.samplers.GridSampler):
    """Optuna's, for trials that are asked for: when all are used up there is no optimisation that it could stop."""

    def after_trial(self, *arguments: Any, **named: Any) -> None:
        pass


def open_study(
    name: str, settings: SearchSettings, space: Mapping[str, BaseDistribution], objectives: list[str]
) -> optuna.Study:
    """The study of the name, made where there is none.

    Raises:
        UserError: where the storage cannot be reached, or the settings do not go together.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    pruner = make_pruner(settings, objectives)
    directions = [StudyDirection.MINIMIZE if minimized(name) else StudyDirection.MAXIMIZE for name in objectives]
    try:
        study = with_retries(
            lambda: optuna.create_study(
                storage=open_storage(settings.storage),
                study_name=name,
                directions=directions,
                pruner=pruner,
                load_if_exists=True,
            )
        )
    except Exception as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UserError(f"hydra.sweeper.storage={settings.storage} cannot be used: {first} {STORAGES}") from error
    check_same_search(study, name, space, directions)
    study.sampler = make_sampler(settings, space, len(study.get_trials(deepcopy=False)))
    return study


def check_same_search(
    study: optuna.Study, name: str, space: Mapping[str, BaseDistribution], directions: list[StudyDirection]
) -> None:
    """Refuses a study of the name that looks for something else, or in other places; bounds may have moved.

    Raises:
        UserError: saying what differs.
    """
    hint = f"Go on with what sweep.name={name} began with, or choose another sweep.name."
    if study.directions != directions:
        raise UserError(f"The search {name} has other objectives already. {hint}")
    for trial in study.get_trials(deepcopy=False):
        for key in trial.distributions.keys() & space.keys():
            try:
                check_distribution_compatibility(trial.distributions[key], space[key])
            except ValueError:
                raise UserError(f"The search {name} has had other choices of {key} already. {hint}") from None


def with_retries(action: Callable[[], optuna.Study]) -> optuna.Study:
    """Does it, at the last of several attempts with whatever it raises."""
    for _ in range(ATTEMPTS - 1):
        with contextlib.suppress(Exception):
            return action()
        time.sleep(PAUSE_SECONDS)
    return action()


def open_storage(url: str) -> optuna.storages.BaseStorage:
    """A journal file for journal:///path, else a database."""
    if url.startswith("journal:///"):
        return optuna.storages.JournalStorage(JournalFileBackend(url.removeprefix("journal:///")))
    return optuna.storages.RDBStorage(url)


def make_sampler(
    settings: SearchSettings, space: Mapping[str, BaseDistribution], trials: int
) -> optuna.samplers.BaseSampler:
    """The sampler; its seed moves with the trials that there are: a search that goes on does not repeat itself."""
    seed = settings.seed + trials
    if settings.sampler == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    if settings.sampler == "grid":
        return GridSampler({key: every_value(key, choice) for key, choice in space.items()}, seed=settings.seed)
    if settings.sampler == "cma_es":
        return optuna.samplers.CmaEsSampler(
            seed=seed, n_startup_trials=settings.startup_trials, warn_independent_sampling=False
        )
    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=settings.startup_trials)


def make_pruner(settings: SearchSettings, objectives: list[str]) -> optuna.pruners.BasePruner:
    """The pruner; with several objectives there is none that could say which trial is poor."""
    if len(objectives) > 1 or settings.pruner == "none":
        return optuna.pruners.NopPruner()
    if settings.pruner == "hyperband":
        return optuna.pruners.HyperbandPruner(min_resource=max(1, settings.warmup_epochs), reduction_factor=3)
    return optuna.pruners.MedianPruner(settings.startup_trials, settings.warmup_epochs)


def claim(trial: optuna.Trial) -> None:
    """Makes the trial one of this process."""
    trial.set_user_attr(OWNER, own_name())
    trial.set_user_attr(ALIVE, time.time())


def own_name() -> str:
    """Machine, number and start of this process: no other has the same."""
    return f"{socket.gethostname()} {os.getpid()} {psutil.Process().create_time()}"


def abandoned(trial: FrozenTrial) -> bool:
    """Whether the process that ran the trial is dead."""
    if OWNER not in trial.user_attrs:  # its process has just asked for it, or died in that moment
        return (datetime.now() - (trial.datetime_start or datetime.now())).total_seconds() > LOST_SECONDS
    host, pid, began = trial.user_attrs[OWNER].rsplit(" ", 2)
    if host == socket.gethostname():
        try:
            return psutil.Process(int(pid)).create_time() != float(began)
        except psutil.NoSuchProcess:
            return True
    return time.time() - trial.user_attrs.get(ALIVE, 0.0) > LOST_SECONDS
