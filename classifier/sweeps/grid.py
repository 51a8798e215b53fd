"""The trials of a grid: all known at the start."""

from collections.abc import Sequence

from classifier.errors import UserError
from classifier.sweeps.compose import Composer, one_folder
from classifier.sweeps.trial import Trial, short_name, split_override, varying
from classifier.tracking.trial_records import TrialRecord


class Grid:
    """Every combination, in order; nothing is pruned.

    Args:
        composer: of the sweep.
        jobs: the overrides of each trial.
        more: overrides that all of them share beside.

    Raises:
        UserError: where two of them would have the same folder.
    """

    def __init__(self, composer: Composer, jobs: Sequence[Sequence[str]], more: Sequence[str] = ()) -> None:
        keys = varying(jobs)
        split_seed = composer.config.seed if "seed" in keys else None  # one split for all seeds
        self.trials = []
        for number, overrides in enumerate(jobs):
            values = {key: value for key, value in map(split_override, overrides) if key in keys}
            name = short_name(values) or "defaults"
            self.trials.append(composer.trial(number, name, [*overrides, *more], split_seed))
        folders = [trial.folder for trial in self.trials if not trial.problem]
        if len(set(folders)) < len(folders):
            raise UserError(one_folder(next(one for one in folders if folders.count(one) > 1)))
        self.waiting = iter(self.trials)

    @property
    def shared(self) -> bool:
        return False

    def next(self) -> Trial | None:
        """The next trial; None: there are no more."""
        return next(self.waiting, None)

    def on_epoch(self, trial: Trial, entry: dict[str, float]) -> str | None:
        """Why the trial should stop after this epoch; None: it should not."""
        return None

    def on_end(self, trial: Trial, kept: TrialRecord) -> None:
        """What became of the trial."""
