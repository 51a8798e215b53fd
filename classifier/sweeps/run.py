"""Runs a sweep from its first trial to its page: start or resume, trials, refits, results, end."""

import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hydra.core.config_loader import ConfigLoader
from omegaconf import DictConfig, OmegaConf

from classifier.command_line.run import peak_memory_mb, write_summary
from classifier.errors import UserError
from classifier.files import locked, write_text
from classifier.settings import SweepSettings, TrainSettings
from classifier.settings.passwords import hide_passwords, without_passwords
from classifier.settings.typed import quoted
from classifier.sweeps.best import write_recipe
from classifier.sweeps.compose import SPLIT_SEED, Composer
from classifier.sweeps.grid import Grid
from classifier.sweeps.objective import minimized, objectives, on_validation, ranked
from classifier.sweeps.page import write_page
from classifier.sweeps.refit import Refit, refit_metrics
from classifier.sweeps.sweep import Source, Sweep
from classifier.sweeps.table import metric_columns, result_lines, show_table, write_tables
from classifier.sweeps.trial import varying
from classifier.terminal import counted, say
from classifier.tracking.run import identity_of
from classifier.tracking.server import check_reachable
from classifier.tracking.sweeps import SweepRun
from classifier.tracking.trial_records import TrialRecord
from classifier.tracking.views import where_to_look

VALIDATION_ONLY = "trainer.validation_only=true"


def sweep_grid(config: DictConfig, loader: ConfigLoader, jobs: Sequence[Sequence[str]], processes: int) -> None:
    """Runs all combinations of a grid.

    Args:
        config: config of the sweep.
        loader: config loader of Hydra.
        jobs: overrides of each trial.
        processes: number of parallel processes.

    Raises:
        UserError: if a trial failed, or the sweep cannot be started.
    """
    composer = Composer(config, loader)
    grid = Grid(composer, jobs, [VALIDATION_ONLY] if config.sweep.refit else [])
    composed = [trial.settings for trial in grid.trials if trial.settings]
    if not composed:
        raise UserError(grid.trials[0].problem)
    identity = identity_of({"trials": sorted({trial.identity for trial in grid.trials})}, [])
    runner = SweepRunner(composer, composed, identity, varying(jobs), processes)
    with locked(runner.run.first_folder / "sweep", doing="running this sweep"):
        runner.run.end_abandoned()
        runner.execute(grid)


@dataclass
class SweepRunner:
    """Runs a sweep from its start to its end.

    Args:
        composer: composer of the trials.
        composed: settings of the known trials, at least one.
        identity: identifies the sweep when it is resumed, if it has no name.
        keys: keys that vary.
        processes: number of parallel processes.
    """

    composer: Composer
    composed: Sequence[TrainSettings]
    identity: str
    keys: Sequence[str]
    processes: int
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        first, hydra = self.composed[0], self.composer.config.hydra
        if self.processes < 1:
            raise UserError(f"hydra.launcher.processes={self.processes} must be above 0.")
        self.settings: SweepSettings = first.sweep
        self.objectives = objectives(first)
        self.split_seeds = {settings.data.split_seed for settings in self.composed}
        if self.settings.refit and len(self.split_seeds) > 1 and on_validation(self.objectives):
            raise UserError(
                f"sweep.refit=true trains the best setting, and there is none where {SPLIT_SEED} varies, as the trials "
                "are validated on different examples. Leave out one of the two."
            )
        self.folder = Path(hydra.sweep.dir)
        self.name = self.settings.name or hydra.runtime.choices.get("recipe") or ",".join(self.keys) or "defaults"
        identity = identity_of({"name": self.settings.name}, []) if self.settings.name else self.identity
        experiments = {settings.tracking.experiment for settings in self.composed}
        experiment = experiments.pop() if len(experiments) == 1 else self.name
        tracking = replace(first.tracking, experiment=experiment)
        check_reachable(tracking)
        self.run = SweepRun(tracking, identity, self.name, self.folder, self.settings.resume)
        shared = ["hydra.mode=RUN", "trainer.resume=true", f"tracking.experiment={quoted(experiment)}"]
        shared += self.composer.hydra_overrides
        self.sweep = Sweep(
            self.run, self.settings, self.folder, shared, self.processes, self.objectives[0], self.write_tables
        )

    @property
    def report(self) -> Path:
        """The folder of tables, pictures and page, which are also logged as artifacts."""
        return self.folder / "report"

    def execute(self, source: Source) -> None:
        """Runs the trials and refits the best setting; writes tables and page, and closes the run in any case.

        Raises:
            UserError: if a trial failed.
        """
        say(f"{'Continuing sweep' if self.run.resumed else 'Sweep'} {self.name}, run {self.run.run_id}, {self.folder}")
        if "seed" in self.keys and len(self.split_seeds) == 1 and None not in self.split_seeds:
            say(f"All seeds share one split of the data: {SPLIT_SEED}={next(iter(self.split_seeds))}")
        self.write_configuration()
        status = "FAILED"
        try:
            self.sweep.run_all(source)
            status = "RUNNING" if source.shared else "FAILED" if self.sweep.stopped else "FINISHED"
            if self.settings.refit and status == "FINISHED":
                self.refit()
        except KeyboardInterrupt:
            status = "KILLED"
            say("Interrupted; the same command continues this sweep.")
            raise
        finally:
            trials = self.finish(status)
        failed = [trial for trial in trials if trial.status == "FAILED"]
        if failed:
            reasons = "\n".join(f"#{trial.number} {trial.name}: {trial.reason}" for trial in failed)
            raise UserError(
                f"{len(failed)} of {counted(len(trials), 'trial')} failed; the same command tries them "
                f"again.\n{reasons}"
            )

    def refit(self) -> None:
        """Trains the best setting again, if there is one."""
        best = ranked(self.run.trials(), self.objectives)
        if best:
            say(f"Best: {best[0].name}; training it with {self.settings.seeds} seeds")
            self.sweep.run_all(Refit(self.composer, best[0], self.settings.seeds))
        else:
            say("There is no best trial that sweep.refit=true could train again")

    def write_configuration(self) -> None:
        """Writes the configuration of the sweep to the report."""
        config = self.composer.config
        self.report.mkdir(parents=True, exist_ok=True)
        configuration = {
            "command": shlex.join(["python", "-m", "classifier.train", *sys.argv[1:]]),
            "sweeper": config.hydra.sweeper,
            "launcher": config.hydra.launcher,
            "settings": OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"]),
        }
        write_text(self.report / "sweep.yaml", without_passwords(OmegaConf.to_yaml(OmegaConf.create(configuration))))
        hide_passwords(self.folder)  # in Hydra's multirun.yaml

    def write_tables(self) -> list[TrialRecord]:
        """Writes the current tables to the report, logs them, and returns the trials."""
        trials = self.run.trials()
        write_tables(self.report, trials)
        self.run.log_folder(self.report)
        return trials

    def finish(self, status: str) -> list[TrialRecord]:
        """Writes tables, recipe, page and metrics, closes the run, and returns the trials."""
        trials = self.run.trials(histories=True)
        write_tables(self.report, trials)
        best = ranked(trials, self.objectives)
        counts = {name: sum(trial.status == name for trial in trials) for name in ("FINISHED", "PRUNED", "FAILED")}
        metrics: dict[str, float] = {f"trials.{name.lower()}": count for name, count in counts.items()}
        if best:
            metrics |= best[0].metrics | refit_metrics(trials)
            write_recipe(self.report / "best.yaml", self.composer, best[0], self.name, self.objectives[0])
        write_page(self.report, self.name, trials, self.keys, self.objectives)
        self.run.log_metrics(metrics)
        self.run.log_folder(self.report)
        columns = dict.fromkeys([self.objectives[0], *metric_columns(trials, self.objectives), "seconds"])
        note = "\n\n".join(result_lines(trials, self.objectives))
        address = self.run.show(note, self.keys, list(columns), minimized(self.objectives[0]))
        if status == "RUNNING":
            say("Other commands are still running this sweep; the last of them closes it.")
        else:
            self.run.close(status)
        self.print_results(trials, best, address)
        write_summary(self.folder / "summary.json", self.summary(status, best, metrics))
        return trials

    def print_results(self, trials: Sequence[TrialRecord], best: Sequence[TrialRecord], address: str) -> None:
        """Prints the results and where to find them."""
        show_table(trials, self.objectives)
        for line in result_lines(trials, self.objectives):
            say(line)
        if best:
            copied = shlex.quote(str(self.report / "best.yaml"))
            say(f"Keep     mkdir -p recipe && cp {copied} recipe/<name>.yaml")
            say("         and train it again with --config-dir . recipe=<name>")
        say(f"Page     {self.report / 'sweep.html'}")
        say(f"Run      {self.run.run_id}")
        for line in where_to_look(self.run.settings, address):
            say(line)

    def summary(self, status: str, best: Sequence[TrialRecord], metrics: dict[str, float]) -> dict:
        """Returns the summary for summary.json."""
        first = best[0] if best else None
        return {
            "run_id": self.run.run_id,
            "status": status,
            "best": first and {"run_id": first.run_id, "overrides": first.overrides, "folder": first.folder},
            "metrics": metrics,
            "seconds": round(time.monotonic() - self.began, 2),
            "peak_memory_mb": round(peak_memory_mb(), 1),
        }
