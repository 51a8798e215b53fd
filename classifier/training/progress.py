"""What a training shows of its steps and epochs."""

from classifier.progress import Stage, duration
from classifier.terminal import say
from classifier.training.fit import State, Training


def show_step(stage: Stage, training: Training, examples: int, prefix: str = "") -> None:
    """Updates the stage of the training after a step with a batch of `examples`.

    The remaining time includes all epochs, of which the last may not be needed. The prefix is shown before the epoch.
    """
    state, total = training.state, len(training.data.targets)
    stage.name = f"{prefix}epoch {state.epoch + 1}/{training.most_epochs}"
    stage.logged = False  # each epoch has its own line
    stage.total, stage.done = total, state.examples - examples
    stage.later = total * (training.most_epochs - state.epoch - 1)
    stage.note = f"loss {state.loss_sum / state.examples:.3f}"
    if state.step == 1:
        stage.marks.clear()  # the time of the validation in between does not count
    stage.advance(examples)


def print_epoch(state: State, epochs: int, monitor: str) -> None:
    """Prints a line after an epoch, with the validation metric that selects the best of `epochs`."""
    last = state.history[-1]
    shown = dict.fromkeys([monitor, "accuracy", "log_loss"])
    metrics = "  ".join(f"{name} {last[f'valid.{name}']:.4f}" for name in shown)
    best = "  best" if state.best_epoch == state.epoch else ""
    say(f"epoch {state.epoch}/{epochs}  loss {last['loss']:.4f}  valid.{metrics}  {duration(last['seconds'])}{best}")
