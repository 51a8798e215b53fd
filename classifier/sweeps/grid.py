"""The trials of a grid, which are all known at the start."""

from collections.abc import Sequence

from classifier.errors import UserError
from classifier.settings.short_names import short_name
from classifier.sweeps.compose import Composer, shared_folder_message
from classifier.sweeps.trial import Trial, split_override, varying
from classifier.tracking.trial_records import TrialRecord


class Grid:
    """All combinations in order, without pruning.

    Args:
        composer: composer of the sweep.
        jobs: overrides of each trial.
        more: additional overrides of all trials.

    Raises:
        UserError: if two trials would have the same folder.
    """

    def __init__(self, composer: Composer, jobs: Sequence[Sequence[str]], more: Sequence[str] = ()) -> None:
        keys = varying(jobs)
        split_seed = composer.config.seed if "seed" in keys else None  # the same split for all seeds
        self.trials = []
        for number, overrides in enumerate(jobs):
            values = {key: value for key, value in map(split_override, overrides) if key in keys}
            name = short_name(values) or "defaults"
            self.trials.append(composer.trial(number, name, [*overrides, *more], split_seed))
        folders = [trial.folder for trial in self.trials if not trial.problem]
        if len(set(folders)) < len(folders):
            raise UserError(shared_folder_message(next(name for name in folders if folders.count(name) > 1)))
        self.waiting = iter(self.trials)

    @property
    def shared(self) -> bool:
        return False

    def next(self) -> Trial | None:
        """Returns the next trial, or None if there are no more."""
        return next(self.waiting, None)

    def on_epoch(self, trial: Trial, entry: dict[str, float]) -> str | None:
        """Returns the reason to stop the trial after this epoch, or None to continue."""
        return None

    def on_end(self, trial: Trial, record: TrialRecord) -> None:
        """Receives the result of a trial."""
