"""Runs the trials of a sweep in parallel processes, and reports their results."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from threading import RLock
from typing import Protocol

from classifier.settings import SweepSettings
from classifier.settings.typed import quoted
from classifier.start import cores
from classifier.sweeps.process import REFUSED, TrialProcess
from classifier.sweeps.trial import Trial
from classifier.terminal import say
from classifier.tracking.sweeps import SweepRun
from classifier.tracking.trial_records import TrialRecord

STOPPED = "the sweep was stopped"


class Source(Protocol):
    """Interface of a source of trials. The methods are called by one thread at a time."""

    @property
    def shared(self) -> bool:
        """Whether other commands are still running trials of the same sweep."""
        ...

    def next(self) -> Trial | None:
        """Returns the next trial, or None if there are no more."""

    def on_epoch(self, trial: Trial, entry: dict[str, float]) -> str | None:
        """Returns the reason to stop the trial after this epoch, or None to continue."""

    def on_end(self, trial: Trial, record: TrialRecord) -> None:
        """Receives the result of a trial."""


class Sweep:
    """Runs trials.

    Args:
        run: run of the sweep in MLflow.
        settings: settings of the sweep.
        folder: folder of this start, which contains a folder for each trial.
        overrides: overrides of all processes, in addition to those of the trials.
        processes: number of parallel processes.
        objective: metric that is printed.
        after_each: function to call after each trial that was run.
    """

    def __init__(
        self,
        run: SweepRun,
        settings: SweepSettings,
        folder: Path,
        overrides: Sequence[str],
        processes: int,
        objective: str,
        after_each: Callable[[], object],
    ) -> None:
        self.run, self.settings, self.folder, self.overrides = run, settings, folder, list(overrides)
        self.processes, self.objective, self.after_each = processes, objective, after_each
        self.lock, self.stopped = RLock(), False
        self.running: set[TrialProcess] = set()

    def run_all(self, source: Source) -> None:
        """Runs trials until the source has no more or, with fail_fast, until a trial fails."""
        with ThreadPoolExecutor(self.processes) as threads:
            workers = [threads.submit(self.work, source) for _ in range(self.processes)]
            try:
                for worker in as_completed(workers):
                    worker.result()
            except BaseException:  # Ctrl-C or a bug: end the trials together with the sweep
                self.stop()
                raise

    def stop(self) -> None:
        """Stops starting trials, and kills the running trials."""
        with self.lock:
            self.stopped = True
            for process in self.running:
                process.kill()

    def work(self, source: Source) -> None:
        """Runs one trial after the other; called in each worker thread."""
        while True:
            with self.lock:
                trial = None if self.stopped else source.next()
            if trial is None:
                return
            record = self.run.earlier(trial.identity, trial.number)
            if record and record.done:
                say(f"#{trial.number} {trial.name}: {record.status.lower()} before")
            else:
                record = self.complete(trial, source, record)
                if self.stopped and record.status == "KILLED":
                    return
                self.print_result(record)
                with self.lock:
                    self.after_each()
            with self.lock:
                source.on_end(trial, record)
            if record.status == "FAILED" and self.settings.fail_fast:
                self.stop()

    def complete(self, trial: Trial, source: Source, earlier: TrialRecord | None) -> TrialRecord:
        """Runs a trial to its end, with retries according to the settings."""
        folder = self.folder / trial.folder
        if earlier:
            trial.run_id = earlier.run_id
            self.run.restart(trial.run_id)
        else:
            dataset = trial.settings.data.name if trial.settings else ""
            trial.run_id = self.run.begin(
                trial.number, trial.name, trial.overrides, trial.identity, folder, trial.kind, dataset
            )
        if trial.problem:
            return self.run.end(trial.run_id, 0.0, "FAILED", trial.problem)
        say(f"#{trial.number} {trial.name}: started, log in {folder}/log.txt")
        began, status, reason = time.monotonic(), "FAILED", ""
        for attempts_left in reversed(range(1 + self.settings.retries)):
            status, reason, is_final = self.attempt(trial, source, folder)
            if is_final:
                break
            if attempts_left:
                say(f"#{trial.number} {trial.name}: {reason}; trying again")
        return self.run.end(trial.run_id, time.monotonic() - began, status, reason)

    def attempt(self, trial: Trial, source: Source, folder: Path) -> tuple[str, str, bool]:
        """Runs the process of a trial; returns its status, the reason, and whether a retry would be useless."""
        pruned = ""

        def on_epoch(entry: dict[str, float]) -> str | None:
            nonlocal pruned
            with self.lock:
                pruned = source.on_epoch(trial, entry) or ""
            return pruned

        own = [f"tracking.run_id={trial.run_id}", f"hydra.run.dir={quoted(str(folder))}"]
        with self.lock:
            if self.stopped:
                return "KILLED", STOPPED, True
            threads = max(1, cores() // self.processes)
            process = TrialProcess([*trial.overrides, *self.overrides, *own], folder / "log.txt", threads)
            self.running.add(process)
        ended = process.wait(on_epoch)
        with self.lock:
            self.running.discard(process)
        if not ended.reason:
            return ("PRUNED", pruned, True) if pruned else ("FINISHED", "", True)
        if self.stopped:
            return "KILLED", STOPPED, True
        return "FAILED", ended.reason, ended.code == REFUSED

    def print_result(self, trial: TrialRecord) -> None:
        """Prints a line about a trial that has ended."""
        value = f"  {self.objective} {trial.metrics[self.objective]:.4f}" if self.objective in trial.metrics else ""
        seconds = f"  {trial.metrics.get('seconds', 0):,.0f} s" if trial.status != "FAILED" else ""
        reason = f": {trial.reason}" if trial.reason else ""
        say(f"#{trial.number} {trial.name}  {trial.status.lower()}{value}{seconds}{reason}")
