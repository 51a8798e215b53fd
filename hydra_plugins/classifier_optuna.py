"""`hydra/sweeper=optuna`: a search with Optuna in the space that Hydra's sweep syntax defines.

Hydra imports this file for every command, so that it only imports Hydra; `classifier.sweeps.search` does the work.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class Sampler(Enum):
    """The algorithm that suggests trials."""

    tpe = "tpe"  # tree-structured Parzen estimator: Bergstra et al. 2011
    random = "random"
    grid = "grid"  # all combinations, in random order
    cma_es = "cma_es"  # Hansen and Ostermeier 2001; for intervals


class Pruner(Enum):
    """The algorithm that stops poor trials."""

    median = "median"  # stops trials that are worse than the median of the others after the same epoch
    hyperband = "hyperband"  # Li et al. 2018
    none = "none"


@dataclass
class OptunaConfig:
    """Keys of hydra.sweeper."""

    _target_: str = "hydra_plugins.classifier_optuna.OptunaSweeper"
    params: dict[str, str] = field(default_factory=dict)  # search space, for files of conf/recipe/
    n_trials: int = 20  # total number of trials of all commands that share the search
    timeout: float | None = None  # seconds after which this command starts no more trials
    sampler: Sampler = Sampler.tpe
    pruner: Pruner = Pruner.median
    seed: int = 0  # of the sampler
    startup_trials: int = (
        5  # random trials before the sampler is used, and complete trials before the median pruner is used
    )
    warmup_epochs: int = 1  # epochs in which no trial is pruned
    storage: str = "journal:///optuna.journal"  # or sqlite:///optuna.db, postgresql+psycopg://user@host/database


ConfigStore.instance().store(group="hydra/sweeper", name="optuna", node=OptunaConfig, provider="classifier")


class OptunaSweeper(Sweeper):
    """Passes the keys of `OptunaConfig` and the overrides to the search."""

    def __init__(self, params: dict[str, str], **settings: Any) -> None:
        self.params, self.settings = params, settings

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.config, self.loader = config, hydra_context.config_loader

    def sweep(self, arguments: list[str]) -> None:
        """Runs the search.

        Raises:
            UserError: if Optuna is not installed, or the search cannot be started.
        """
        from classifier.errors import UserError

        try:
            import optuna  # noqa: F401
        except ImportError:
            raise UserError("hydra/sweeper=optuna needs Optuna: pip install -e '.[sweep]' -c constraints.txt") from None
        from classifier.sweeps.search import sweep_search
        from classifier.sweeps.study import SearchSettings

        plain: dict[str, Any] = {
            key: value.name if isinstance(value, Enum) else value for key, value in self.settings.items()
        }
        given = {argument.partition("=")[0].lstrip("+") for argument in arguments}
        params = [f"{key}={value}" for key, value in self.params.items() if key not in given]
        assert self.config is not None
        sweep_search(self.config, self.loader, [*params, *arguments], SearchSettings(**plain))
