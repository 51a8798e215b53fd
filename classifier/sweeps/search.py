"""The trials of a search: each asked of Optuna in the light of those before, and stopped early where it is poor."""

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
from classifier.sweeps.compose import SPLIT_SEED, Composer, data_hashes
from classifier.sweeps.objective import objectives
from classifier.sweeps.run import VALIDATION_ONLY, Conductor
from classifier.sweeps.space import as_overrides, distribution, ends, every_value
from classifier.sweeps.study import ALIVE, ALIVE_SECONDS, OWNER, SearchSettings, abandoned, claim, open_study, own_name
from classifier.sweeps.trial import Trial, short_name, split_override
from classifier.terminal import say
from classifier.tracking.run import identity_of
from classifier.tracking.trial_records import TrialRecord

AGAIN = "again"  # attribute of a trial: the number of the failed one whose setting it has


def sweep_search(config: DictConfig, loader: ConfigLoader, arguments: Sequence[str], settings: SearchSettings) -> None:
    """Searches the space that the arguments span.

    Args:
        config: of the sweep.
        loader: of the Hydra that runs it.
        arguments: overrides, some of them with Hydra's words for what may vary.
        settings: of the search.

    Raises:
        UserError: where there is nothing to search, or a trial failed.
    """
    settings.check()
    parsed = OverridesParser.create(config_loader=loader).parse_overrides(list(arguments))
    space = {one.get_key_element(): distribution(one) for one in parsed if one.is_sweep_override()}
    if not space:
        raise UserError("There is nothing to search: let a setting vary, as in 'encoder.depth=1,2,3'.")
    fixed = [
        f"{one.get_key_element()}={one.get_value_element_as_str()}" for one in parsed if not one.is_sweep_override()
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
    examples = [composer.settings(composer.with_split([*fixed, *extreme], split_seed)) for extreme in extremes]
    composer.check_folders([*fixed, *extremes[0]])
    composed = [one for one, _ in examples]
    shared = {key: value for key, value in examples[0][1].items() if key not in space}
    wanted = objectives(composed[0])
    described = {key: repr(choice) for key, choice in space.items()}
    identity = identity_of({**shared, **described, "objectives": wanted}, data_hashes(composed[0].data))
    study = open_study(composed[0].sweep.name or identity, settings, space, wanted)
    conductor = Conductor(composer, composed, identity, list(space), config.hydra.launcher.get("processes", 1))
    with Search(study, space, fixed, composer, wanted, settings) as search:
        conductor.conduct(search)


class Search:
    """Trials of a study; others, here or on other machines, may take part in it.

    Args:
        study: of Optuna.
        space: what varies.
        fixed: overrides that all trials share.
        composer: of the sweep.
        objectives: the first is what pruning looks at.
        settings: of the search.
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
        self.split_seed = composer.config.seed if "seed" in space else None  # one split for all seeds
        self.deadline = time.monotonic() + settings.timeout if settings.timeout else None
        self.wanted = settings.n_trials
        if settings.sampler == "grid":
            self.wanted = min(self.wanted, math.prod(len(every_value(*one)) for one in self.space.items()))
        self.running: dict[int, optuna.Trial] = {}
        self.failed, self.told = 0, False
        self.ended = Event()
        self.queue_failed()

    def __enter__(self) -> "Search":
        Thread(target=self.give_signs, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.ended.set()

    def give_signs(self) -> None:
        """Says now and then that the trials under way have a process, for those on other machines."""
        while not self.ended.wait(ALIVE_SECONDS):
            for trial in list(self.running.values()):
                with contextlib.suppress(Exception):  # it has just ended, or the storage is away: the next sign counts
                    trial.set_user_attr(ALIVE, time.time())

    def queue_failed(self) -> None:
        """Puts what failed under an earlier start of this search before what is new."""
        trials = self.study.get_trials(deepcopy=False)
        queued = {trial.user_attrs.get(AGAIN) for trial in trials}
        for trial in trials:
            if trial.state is TrialState.FAIL and trial.number not in queued:
                self.study.enqueue_trial(trial.params, user_attrs={AGAIN: trial.number})

    @property
    def shared(self) -> bool:
        """Whether other processes are still at it."""
        under_way = self.study.get_trials(states=[TrialState.RUNNING])
        return any(trial.user_attrs.get(OWNER) != own_name() and not abandoned(trial) for trial in under_way)

    def next(self) -> Trial | None:
        """What a dead process left, else what Optuna proposes; None: the trials or the time are used up."""
        while not self.late():
            asked = self.left_behind() or self.ask()
            if asked is None:
                return None
            claim(asked)
            if not self.known(asked):
                self.running[asked.number] = asked
                overrides = as_overrides(asked.params)
                name = short_name(dict(map(split_override, overrides)))
                return self.composer.trial(asked.number, name, [*self.fixed, *overrides], self.split_seed)
        return None

    def late(self) -> bool:
        """Whether the time is used up; says so once."""
        if not self.deadline or time.monotonic() < self.deadline:
            return False
        if not self.told:
            say(f"hydra.sweeper.timeout={self.settings.timeout:g} is over: no further trial starts")
        self.told = True
        return True

    def left_behind(self) -> optuna.Trial | None:
        """A trial whose process is dead."""
        for trial in self.study.get_trials(states=[TrialState.RUNNING]):
            if trial.number not in self.running and trial.params and abandoned(trial):
                return optuna.Trial(self.study, trial._trial_id)
        return None

    def ask(self) -> optuna.Trial | None:
        """A new trial, where there are to be more."""
        counted = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING)
        if len(self.study.get_trials(states=counted, deepcopy=False)) + self.failed >= self.wanted:
            return None
        return self.study.ask(self.space)

    def known(self, asked: optuna.Trial) -> bool:
        """Whether a trial of the same setting has ended; its result is then taken for this one too."""
        for other in self.study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED)):
            if as_overrides(other.params) == as_overrides(asked.params):
                say(f"#{asked.number} is the same as #{other.number}, and is not trained again")
                values = other.values if other.state is TrialState.COMPLETE else None
                self.study.tell(asked, values, state=other.state)
                return True
        return False

    def on_epoch(self, trial: Trial, entry: dict[str, float]) -> str | None:
        """Why the trial should stop after this epoch; None: it should not."""
        asked, name = self.running[trial.number], self.objectives[0]
        if len(self.objectives) > 1 or name not in entry or isinstance(self.study.pruner, optuna.pruners.NopPruner):
            return None
        epoch, value = int(entry["epoch"]), entry[name]
        frozen = self.study._storage.get_trial(asked._trial_id)
        if frozen.state.is_finished():  # by another command, for which this one was dead
            return None
        if epoch not in frozen.intermediate_values:
            asked.report(value, epoch)
        if not asked.should_prune():
            return None
        return f"{self.settings.pruner} pruner after epoch {epoch}: {name} was {value:.4f}{self.beside(epoch)}"

    def beside(self, epoch: int) -> str:
        """What the pruner held the value against."""
        if self.settings.pruner == "hyperband":
            return ", which is not among the best third of its bracket"
        others = [
            one.intermediate_values[epoch]
            for one in self.study.get_trials(states=[TrialState.COMPLETE], deepcopy=False)
            if epoch in one.intermediate_values
        ]
        return f" while the median of the finished trials was {statistics.median(others):.4f}" if others else ""

    def on_end(self, trial: Trial, kept: TrialRecord) -> None:
        """Tells Optuna what became of the trial; where another command has told it already, that counts."""
        asked = self.running.pop(trial.number)
        values = [kept.metrics[name] for name in self.objectives if name in kept.metrics]
        if kept.status == "FINISHED" and len(values) == len(self.objectives):
            self.study.tell(asked, values, skip_if_finished=True)
        elif kept.status == "PRUNED":
            self.study.tell(asked, state=TrialState.PRUNED, skip_if_finished=True)
        else:
            self.failed += 1
            self.study.tell(asked, state=TrialState.FAIL, skip_if_finished=True)
