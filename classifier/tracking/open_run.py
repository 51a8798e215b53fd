"""Finds or starts the run of a training, locks it, and ends it with the context."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from classifier.files import locked
from classifier.settings import TrackingSettings
from classifier.terminal import say
from classifier.tracking.abandoned import end_abandoned_runs
from classifier.tracking.run import EarlierRun, Run, checkpoint_in, delete_checkpoints, find_run, start_run
from classifier.tracking.untracked import UntrackedRun

AnyRun = Run | UntrackedRun


@contextmanager
def open_run(
    settings: TrackingSettings, output: Path, identity: str, resume: bool
) -> Iterator[Run | UntrackedRun | EarlierRun]:
    """Yields the run of a training, or an earlier run of the same command that is already finished.

    The folder of the checkpoint is locked, and the checkpoint is deleted once the run is complete.

    Args:
        settings: settings of tracking.
        output: output folder of this process.
        identity: identity of the command and its data; see `identity_of`.
        resume: whether to continue an earlier run.

    Raises:
        UserError: if another process is training in the same folder, or the server rejects the run.
    """
    if not settings.enabled:
        with locked(checkpoint_in(output).parent, "training"), UntrackedRun(output, checkpoint_in(output)) as run:
            delete_checkpoints(run.checkpoint)
            yield run
            if run.status == "FINISHED":
                delete_checkpoints(run.checkpoint)
        return
    end_abandoned_runs(settings)
    earlier = find_run(settings, identity) if resume else None
    if resume and not earlier:
        say("There is no earlier run of this command to continue, so a new one starts.")
    checkpoint = earlier.checkpoint if earlier else checkpoint_in(output)
    with locked(checkpoint.parent, "training"):
        if earlier:  # another process may have finished it before the lock was acquired
            earlier = find_run(settings, identity)
        if earlier and earlier.finished:
            yield earlier
            return
        if not earlier:
            delete_checkpoints(checkpoint)  # from another run in this folder
        with start_run(settings, output, identity, earlier) as run:
            yield run
        if run.status == "FINISHED" and not run.waiting:
            delete_checkpoints(checkpoint)
