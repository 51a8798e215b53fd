"""`hydra/sweeper=optuna`: a search with Optuna in the space that Hydra's own words span.

Hydra imports this file for every command, so it imports nothing but Hydra; `classifier.sweeps.search` does the work.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class Sampler(Enum):
    """What proposes the next trial."""

    tpe = "tpe"  # tree-structured Parzen estimator: Bergstra et al. 2011
    random = "random"
    grid = "grid"  # every combination once, in random order
    cma_es = "cma_es"  # Hansen and Ostermeier 2001; for intervals


class Pruner(Enum):
    """What stops a poor trial."""

    median = "median"  # worse than the median of the others after as many epochs
    hyperband = "hyperband"  # Li et al. 2018
    none = "none"


@dataclass
class OptunaConfig:
    """Keys of hydra.sweeper."""

    _target_: str = "hydra_plugins.classifier_optuna.OptunaSweeper"
    params: dict[str, str] = field(default_factory=dict)  # what varies, for a file of conf/recipe/
    n_trials: int = 20  # of all commands together that take part
    timeout: float | None = None  # seconds after which this command starts no further trial
    sampler: Sampler = Sampler.tpe
    pruner: Pruner = Pruner.median
    seed: int = 0  # of the sampler
    startup_trials: int = 5  # at random before the sampler learns, and whole before the median pruner prunes
    warmup_epochs: int = 1  # in which no trial is pruned
    storage: str = "journal:///optuna.journal"  # or sqlite:///optuna.db, postgresql+psycopg://user@host/database


ConfigStore.instance().store(group="hydra/sweeper", name="optuna", node=OptunaConfig, provider="classifier")


class OptunaSweeper(Sweeper):
    """Hands the keys of `OptunaConfig` and the overrides on."""

    def __init__(self, params: dict[str, str], **settings: Any) -> None:
        self.params, self.settings = params, settings

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.config, self.loader = config, hydra_context.config_loader

    def sweep(self, arguments: list[str]) -> None:
        """Runs the search.

        Raises:
            UserError: where Optuna is not installed, or the search cannot begin.
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
