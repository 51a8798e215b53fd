"""The Optuna study of a search: storage, sampler, pruner, and the owners of running trials."""

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

OWNER, ALIVE = "owner", "alive"  # attributes of a trial: the process that runs it, and the time of its last heartbeat
ATTEMPTS, PAUSE_SECONDS = 3, 1  # to open a storage; if two commands create its tables at the same time, one fails
ALIVE_SECONDS = 20  # between two heartbeats
STORAGES = "Write journal:///optuna.journal, sqlite:///optuna.db or postgresql+psycopg://user@host/database."
LOST_SECONDS = 120  # without a heartbeat, after which a process on another machine counts as dead


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """The keys of hydra.sweeper; see `hydra_plugins.classifier_optuna`."""

    n_trials: int
    timeout: float | None
    sampler: str
    pruner: str
    seed: int
    startup_trials: int
    warmup_epochs: int
    storage: str

    def check(self) -> None:
        """Checks the range of the numbers.

        Raises:
            UserError: if a number is out of range; the message names the key.
        """
        for key, least in (("n_trials", 1), ("startup_trials", 0), ("warmup_epochs", 0)):
            if getattr(self, key) < least:
                raise UserError(f"hydra.sweeper.{key}={getattr(self, key)} must be {least} or more.")
        if self.timeout is not None and self.timeout <= 0:
            raise UserError(f"hydra.sweeper.timeout={self.timeout:g} must be above 0 seconds; null is no limit.")


class GridSampler(optuna.samplers.GridSampler):
    """Optuna's grid sampler for `Study.ask`: at the end of the grid, there is no optimization to stop."""

    def after_trial(self, *args: Any, **kwargs: Any) -> None:
        pass


def open_study(
    name: str, settings: SearchSettings, space: Mapping[str, BaseDistribution], objectives: list[str]
) -> optuna.Study:
    """Opens the study with this name, or creates it.

    Raises:
        UserError: if the storage cannot be reached, or the settings are incompatible with the study.
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
    """Checks that an existing study has the same objectives and compatible distributions; bounds may differ.

    Raises:
        UserError: if they differ; the message names the difference.
    """
    hint = f"Continue sweep.name={name} with its original settings, or choose another sweep.name."
    if study.directions != directions:
        raise UserError(f"The search {name} has other objectives already. {hint}")
    for trial in study.get_trials(deepcopy=False):
        for key in trial.distributions.keys() & space.keys():
            try:
                check_distribution_compatibility(trial.distributions[key], space[key])
            except ValueError:
                raise UserError(f"The search {name} has had other choices of {key} already. {hint}") from None


def with_retries(action: Callable[[], optuna.Study]) -> optuna.Study:
    """Calls `action` with several attempts; errors of the last attempt are raised."""
    for _ in range(ATTEMPTS - 1):
        with contextlib.suppress(Exception):
            return action()
        time.sleep(PAUSE_SECONDS)
    return action()


def open_storage(url: str) -> optuna.storages.BaseStorage:
    """Opens a journal file for journal:///path, and otherwise a database."""
    if url.startswith("journal:///"):
        return optuna.storages.JournalStorage(JournalFileBackend(url.removeprefix("journal:///")))
    return optuna.storages.RDBStorage(url)


def make_sampler(
    settings: SearchSettings, space: Mapping[str, BaseDistribution], trials: int
) -> optuna.samplers.BaseSampler:
    """Creates the sampler, with a seed that depends on the number of trials: a resumed search never repeats."""
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
    """Creates the pruner; pruning is not supported with several objectives."""
    if len(objectives) > 1 or settings.pruner == "none":
        return optuna.pruners.NopPruner()
    if settings.pruner == "hyperband":
        return optuna.pruners.HyperbandPruner(min_resource=max(1, settings.warmup_epochs), reduction_factor=3)
    return optuna.pruners.MedianPruner(settings.startup_trials, settings.warmup_epochs)


def claim(trial: optuna.Trial) -> None:
    """Makes this process the owner of the trial."""
    trial.set_user_attr(OWNER, own_name())
    trial.set_user_attr(ALIVE, time.time())


def own_name() -> str:
    """Returns host, process id and start time, which identify this process uniquely."""
    return f"{socket.gethostname()} {os.getpid()} {psutil.Process().create_time()}"


def abandoned(trial: FrozenTrial) -> bool:
    """Whether the process that ran the trial is dead."""
    if OWNER not in trial.user_attrs:  # its process has just created it, or died immediately afterwards
        return (datetime.now() - (trial.datetime_start or datetime.now())).total_seconds() > LOST_SECONDS
    host, pid, began = trial.user_attrs[OWNER].rsplit(" ", 2)
    if host == socket.gethostname():
        try:
            return psutil.Process(int(pid)).create_time() != float(began)
        except psutil.NoSuchProcess:
            return True
    return time.time() - trial.user_attrs.get(ALIVE, 0.0) > LOST_SECONDS
