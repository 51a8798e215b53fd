"""The progress display of a training: a live line in a terminal, otherwise a line per epoch."""

import time
from types import TracebackType

from classifier.terminal import LiveLine, say
from classifier.training.fit import State


class TrainingDisplay:
    """Shows epoch, step, examples per second, loss, validation metrics and the maximum remaining time.

    Args:
        epochs: maximum number of epochs.
        monitor: validation metric that selects the best epoch.
    """

    def __init__(self, epochs: int, monitor: str) -> None:
        self.epochs, self.monitor, self.live = epochs, monitor, LiveLine()
        self.began, self.steps, self.examples = time.monotonic(), 0, 0

    def __enter__(self) -> "TrainingDisplay":
        self.live.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        self.live.__exit__(kind, error, trace)

    def on_step(self, state: State, steps: int, examples: int) -> None:
        """Updates the display after a step, with `steps` per epoch and `examples` in the batch."""
        self.steps, self.examples = self.steps + 1, self.examples + examples
        elapsed = time.monotonic() - self.began
        left = elapsed / self.steps * (steps * (self.epochs - state.epoch) - state.step)
        loss, rate = state.loss_sum / state.examples, self.examples / elapsed
        after = f"step {state.step}/{steps}  {rate:,.0f} examples/s  loss {loss:.4f}  {duration(left)} left at most"
        self.live.update(state.step, steps, f"epoch {state.epoch + 1}/{self.epochs}", after)

    def on_epoch(self, state: State) -> None:
        """Prints a line after an epoch."""
        last = state.history[-1]
        shown = dict.fromkeys([f"valid.{self.monitor}", "valid.accuracy", "valid.log_loss"])
        metrics = "  ".join(f"{name} {last[name]:.4f}" for name in shown)
        best = "  best so far" if state.best_epoch == state.epoch else ""
        rate = self.examples / (time.monotonic() - self.began)
        say(
            f"epoch {state.epoch}/{self.epochs}  loss {last['loss']:.4f}  {metrics}  "
            f"{rate:,.0f} examples/s  {duration(last['seconds'])}{best}"
        )


def duration(seconds: float) -> str:
    """Formats seconds as minutes and seconds, with hours if there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
