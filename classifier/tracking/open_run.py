"""The one door of a training to its run: found again, or begun; locked while it lasts; ended however the block ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from classifier.files import locked
from classifier.settings import TrackingSettings
from classifier.tracking.abandoned import end_abandoned_runs
from classifier.tracking.run import EarlierRun, Run, checkpoint_in, find_run, start_run
from classifier.tracking.untracked import UntrackedRun

AnyRun = Run | UntrackedRun


@contextmanager
def open_run(
    settings: TrackingSettings, output: Path, identity: str, resume: bool
) -> Iterator[Run | UntrackedRun | EarlierRun]:
    """The run of a training, or the earlier one of the same command if it is finished.

    The folder of its checkpoint is locked, and the checkpoint is deleted once everything it was for is done.

    Args:
        settings: where runs are kept, and whether they are.
        output: folder of this process.
        identity: equal for two starts of the same command on the same data.
        resume: whether an earlier run is continued.

    Raises:
        UserError: if another process trains in the same folder, or the server does not take the run.
    """
    if not settings.enabled:
        with locked(checkpoint_in(output).parent, "training"), UntrackedRun(output, checkpoint_in(output)) as run:
            run.checkpoint.unlink(missing_ok=True)
            yield run
        return
    end_abandoned_runs(settings)
    earlier = find_run(settings, identity) if resume else None
    checkpoint = earlier.checkpoint if earlier else checkpoint_in(output)
    with locked(checkpoint.parent, "training"):
        if earlier:  # again: another process may have finished it before the lock was ours
            earlier = find_run(settings, identity)
        if earlier and earlier.finished:
            yield earlier
            return
        if not earlier:
            checkpoint.unlink(missing_ok=True)  # of another run that used this folder
        with start_run(settings, output, identity, earlier) as run:
            yield run
        if run.status == "FINISHED" and not run.waiting:
            checkpoint.unlink(missing_ok=True)
