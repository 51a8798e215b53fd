"""Runs the trials of a sweep side by side, each in its process, and tells what becomes of each."""

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
    """Where trials come from. Its methods are called by one thread at a time."""

    @property
    def shared(self) -> bool:
        """Whether other commands are still at trials of the same sweep."""
        ...

    def next(self) -> Trial | None:
        """The next trial; None: there are no more."""

    def on_epoch(self, trial: Trial, entry: dict[str, float]) -> str | None:
        """Why the trial should stop after this epoch; None: it should not."""

    def on_end(self, trial: Trial, kept: TrialRecord) -> None:
        """What became of the trial."""


class Sweep:
    """Trials on their way.

    Args:
        run: of the sweep in MLflow.
        settings: of the sweep.
        folder: of this start; each trial has one in it.
        overrides: that every process gets beside its trial's.
        processes: side by side.
        objective: the metric that is shown.
        after_each: called after each trial that ran.
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
        """Runs trials until the source has no more, or, with fail_fast, until one failed."""
        with ThreadPoolExecutor(self.processes) as threads:
            workers = [threads.submit(self.work, source) for _ in range(self.processes)]
            try:
                for worker in as_completed(workers):
                    worker.result()
            except BaseException:  # Ctrl-C, or a bug: no trial outlives its sweep
                self.stop()
                raise

    def stop(self) -> None:
        """Starts no further trial and kills those that run."""
        with self.lock:
            self.stopped = True
            for process in self.running:
                process.kill()

    def work(self, source: Source) -> None:
        """One of the workers: trial after trial."""
        while True:
            with self.lock:
                trial = None if self.stopped else source.next()
            if trial is None:
                return
            kept = self.run.earlier(trial.identity, trial.number)
            if kept and kept.done:
                say(f"#{trial.number} {trial.name}: {kept.status.lower()} before")
            else:
                kept = self.complete(trial, source, kept)
                if self.stopped and kept.status == "KILLED":
                    return
                self.tell(kept)
                with self.lock:
                    self.after_each()
            with self.lock:
                source.on_end(trial, kept)
            if kept.status == "FAILED" and self.settings.fail_fast:
                self.stop()

    def complete(self, trial: Trial, source: Source, earlier: TrialRecord | None) -> TrialRecord:
        """Runs one trial to its end, with as many attempts as the settings allow."""
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
            status, reason, for_good = self.attempt(trial, source, folder)
            if for_good:
                break
            if attempts_left:
                say(f"#{trial.number} {trial.name}: {reason}; once more")
        return self.run.end(trial.run_id, time.monotonic() - began, status, reason)

    def attempt(self, trial: Trial, source: Source, folder: Path) -> tuple[str, str, bool]:
        """One process for the trial: its status, the reason for it, and whether another attempt would be in vain."""
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

    def tell(self, kept: TrialRecord) -> None:
        """A line about a trial that ended."""
        value = f"  {self.objective} {kept.metrics[self.objective]:.4f}" if self.objective in kept.metrics else ""
        seconds = f"  {kept.metrics.get('seconds', 0):,.0f} s" if kept.status != "FAILED" else ""
        reason = f": {kept.reason}" if kept.reason else ""
        say(f"#{kept.number} {kept.name}  {kept.status.lower()}{value}{seconds}{reason}")
