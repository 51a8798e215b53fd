"""The trials of a search, which Optuna suggests based on the earlier trials, and prunes if they are poor."""

import contextlib
import math
import statistics
import time
from collections.abc import Mapping, Sequence
from threading import Event, Thread

import optuna
from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig
from optuna.distributions import BaseDistribution
from optuna.trial import TrialState

from classifier.errors import UserError
from classifier.settings.short_names import short_name
from classifier.sweeps.compose import SPLIT_SEED, Composer, data_hashes
from classifier.sweeps.objective import objectives
from classifier.sweeps.run import VALIDATION_ONLY, SweepRunner
from classifier.sweeps.space import as_overrides, distribution, ends, every_value
from classifier.sweeps.study import ALIVE, ALIVE_SECONDS, OWNER, SearchSettings, abandoned, claim, open_study, own_name
from classifier.sweeps.trial import Trial, split_override
from classifier.terminal import say
from classifier.tracking.run import identity_of
from classifier.tracking.trial_records import TrialRecord

RETRY_OF = "again"  # attribute of a trial: number of the failed trial that it repeats


def sweep_search(config: DictConfig, loader: ConfigLoader, arguments: Sequence[str], settings: SearchSettings) -> None:
    """Searches the space that the arguments define.

    Args:
        config: config of the sweep.
        loader: config loader of Hydra.
        arguments: overrides, some of which use Hydra's sweep syntax.
        settings: settings of the search.

    Raises:
        UserError: if there is nothing to search, or a trial failed.
    """
    settings.check()
    parsed = OverridesParser.create(config_loader=loader).parse_overrides(list(arguments))
    swept = [override for override in parsed if override.is_sweep_override()]
    space = {override.get_key_element(): distribution(override) for override in swept}
    if not space:
        raise UserError("There is nothing to search: let a setting vary, as in 'encoder.depth=1,2,3'.")
    fixed = [
        f"{override.get_key_element()}={override.get_value_element_as_str()}"
        for override in parsed
        if not override.is_sweep_override()
    ]
    fixed.append(VALIDATION_ONLY)
    if SPLIT_SEED in space:
        raise UserError(
            f"A search cannot vary {SPLIT_SEED}: its trials would be validated on different examples, and none would "
            "be best. Leave it out, or run a grid: without hydra/sweeper=optuna."
        )
    composer = Composer(config, loader)
    split_seed = config.seed if "seed" in space else None
    extremes = [as_overrides({key: ends(choice)[end] for key, choice in space.items()}) for end in (0, 1)]
    examples = [composer.with_split([*fixed, *extreme], split_seed)[1:] for extreme in extremes]
    composer.check_folders([*fixed, *extremes[0]])
    composed = [example for example, _ in examples]
    shared = {key: value for key, value in examples[0][1].items() if key not in space}
    wanted = objectives(composed[0])
    described = {key: repr(choice) for key, choice in space.items()}
    identity = identity_of({**shared, **described, "objectives": wanted}, data_hashes(composed[0].data))
    study = open_study(composed[0].sweep.name or identity, settings, space, wanted)
    runner = SweepRunner(composer, composed, identity, list(space), config.hydra.launcher.get("processes", 1))
    with Search(study, space, fixed, composer, wanted, settings) as search:
        runner.execute(search)


class Search:
    """The trials of a study, which other processes and machines may share.

    Args:
        study: Optuna's study.
        space: search space, a distribution for each key.
        fixed: overrides that all trials share.
        composer: composer of the sweep.
        objectives: objectives, the first of which is used for pruning.
        settings: settings of the search.
    """

    def __init__(
        self,
        study: optuna.Study,
        space: Mapping[str, BaseDistribution],
        fixed: Sequence[str],
        composer: Composer,
        objectives: Sequence[str],
        settings: SearchSettings,
    ) -> None:
        self.study, self.space, self.fixed, self.composer = study, dict(space), list(fixed), composer
        self.objectives, self.settings = list(objectives), settings
        self.split_seed = composer.config.seed if "seed" in space else None  # the same split for all seeds
        self.deadline = time.monotonic() + settings.timeout if settings.timeout else None
        self.wanted = settings.n_trials
        if settings.sampler == "grid":
            self.wanted = min(self.wanted, math.prod(len(every_value(*item)) for item in self.space.items()))
        self.running: dict[int, optuna.Trial] = {}
        self.failed, self.announced = 0, False
        self.ended = Event()
        self.queue_failed()

    def __enter__(self) -> "Search":
        Thread(target=self.send_heartbeats, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.ended.set()

    def send_heartbeats(self) -> None:
        """Regularly tells processes on other machines that the running trials have a process."""
        while not self.ended.wait(ALIVE_SECONDS):
            for trial in list(self.running.values()):
                with contextlib.suppress(Exception):  # the trial has just ended, or the storage is unavailable
                    trial.set_user_attr(ALIVE, time.time())

    def queue_failed(self) -> None:
        """Queues the failed trials of an earlier start of this search before new trials."""
        trials = self.study.get_trials(deepcopy=False)
        queued = {trial.user_attrs.get(RETRY_OF) for trial in trials}
        for trial in trials:
            if trial.state is TrialState.FAIL and trial.number not in queued:
                self.study.enqueue_trial(trial.params, user_attrs={RETRY_OF: trial.number})

    @property
    def shared(self) -> bool:
        """Whether other processes are still running trials."""
        running = self.study.get_trials(states=[TrialState.RUNNING])
        return any(trial.user_attrs.get(OWNER) != own_name() and not abandoned(trial) for trial in running)

    def next(self) -> Trial | None:
        """Returns an abandoned trial or a new trial; None if the trials or the time are used up."""
        while not self.timed_out():
            asked = self.find_abandoned() or self.ask()
            if asked is None:
                return None
            claim(asked)
            if not self.is_known(asked):
                self.running[asked.number] = asked
                overrides = as_overrides(asked.params)
                name = short_name(dict(map(split_override, overrides)))
                return self.composer.trial(asked.number, name, [*self.fixed, *overrides], self.split_seed)
        return None

    def timed_out(self) -> bool:
        """Whether the time is used up; prints a message the first time."""
        if not self.deadline or time.monotonic() < self.deadline:
            return False
        if not self.announced:
            say(f"hydra.sweeper.timeout={self.settings.timeout:g} is over: no further trial starts")
        self.announced = True
        return True

    def find_abandoned(self) -> optuna.Trial | None:
        """Returns a trial whose process is dead, if any."""
        for trial in self.study.get_trials(states=[TrialState.RUNNING]):
            if trial.number not in self.running and trial.params and abandoned(trial):
                return optuna.Trial(self.study, trial._trial_id)
        return None

    def ask(self) -> optuna.Trial | None:
        """Returns a new trial, unless there are enough."""
        counted = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING)
        if len(self.study.get_trials(states=counted, deepcopy=False)) + self.failed >= self.wanted:
            return None
        return self.study.ask(self.space)

    def is_known(self, asked: optuna.Trial) -> bool:
        """Whether a trial with the same setting has ended; if so, its result is also used for this trial."""
        for other in self.study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED)):
            if as_overrides(other.params) == as_overrides(asked.params):
                say(f"#{asked.number} is the same as #{other.number}, and is not trained again")
                values = other.values if other.state is TrialState.COMPLETE else None
                self.study.tell(asked, values, state=other.state)
                return True
        return False

    def on_epoch(self, trial: Trial, entry: dict[str, float]) -> str | None:
        """Returns the reason to stop the trial after this epoch, or None to continue."""
        asked, name = self.running[trial.number], self.objectives[0]
        if len(self.objectives) > 1 or name not in entry or isinstance(self.study.pruner, optuna.pruners.NopPruner):
            return None
        epoch, value = int(entry["epoch"]), entry[name]
        frozen = self.study._storage.get_trial(asked._trial_id)
        if frozen.state.is_finished():  # by another command, which considered this process dead
            return None
        if epoch not in frozen.intermediate_values:
            asked.report(value, epoch)
        if not asked.should_prune():
            return None
        return (
            f"{self.settings.pruner} pruner after epoch {epoch}: {name} was {value:.4f}{self.pruning_threshold(epoch)}"
        )

    def pruning_threshold(self, epoch: int) -> str:
        """Describes the values with which the pruner compared the value."""
        if self.settings.pruner == "hyperband":
            return ", which is not among the best third of its bracket"
        others = [
            other.intermediate_values[epoch]
            for other in self.study.get_trials(states=[TrialState.COMPLETE], deepcopy=False)
            if epoch in other.intermediate_values
        ]
        return f" while the median of the finished trials was {statistics.median(others):.4f}" if others else ""

    def on_end(self, trial: Trial, record: TrialRecord) -> None:
        """Reports the result of the trial to Optuna, unless another command has already done so."""
        asked = self.running.pop(trial.number)
        values = [record.metrics[name] for name in self.objectives if name in record.metrics]
        if record.status == "FINISHED" and len(values) == len(self.objectives):
            self.study.tell(asked, values, skip_if_finished=True)
        elif record.status == "PRUNED":
            self.study.tell(asked, state=TrialState.PRUNED, skip_if_finished=True)
        else:
            self.failed += 1
            self.study.tell(asked, state=TrialState.FAIL, skip_if_finished=True)
