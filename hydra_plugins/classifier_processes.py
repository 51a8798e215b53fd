"""`hydra/launcher=processes`: each trial of a multirun in a separate process, under one run in MLflow.

Hydra imports this file for every command, so that it only imports Hydra; `classifier.sweeps` does the work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


@dataclass
class ProcessesConfig:
    """Keys of hydra.launcher."""

    _target_: str = "hydra_plugins.classifier_processes.ProcessLauncher"
    processes: int = 1  # number of parallel processes, which share the cores


ConfigStore.instance().store(group="hydra/launcher", name="processes", node=ProcessesConfig, provider="classifier")


class ProcessLauncher(Launcher):
    """Runs the jobs of Hydra's basic sweeper as a sweep.

    Args:
        processes: number of parallel processes.
    """

    def __init__(self, processes: int) -> None:
        self.processes = processes

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.config, self.loader = config, hydra_context.config_loader

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> list[Any]:
        """Runs all jobs; returns an empty list, because the results are in MLflow.

        Raises:
            UserError: if a job failed.
        """
        from classifier.sweeps.run import sweep_grid

        sweep_grid(self.config, self.loader, job_overrides, self.processes)
        results: list[JobReturn] = []
        return results
