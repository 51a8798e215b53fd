"""What a person sees while a model trains: a live line on a terminal, one plain line an epoch anywhere else."""

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from classifier.training.fit import State


class TrainingDisplay:
    """Shows epoch, step, examples per second, loss, validation metrics and the time left at most.

    Args:
        console: where to write.
        epochs: at most.
        monitor: the validation metric that chooses the best epoch.
    """

    def __init__(self, console: Console, epochs: int, monitor: str) -> None:
        self.console, self.epochs, self.monitor = console, epochs, monitor
        self.live = Progress(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(bar_width=24),
            TextColumn("step {task.completed}/{task.total}  {task.fields[rate]:,.0f} examples/s"),
            TextColumn("loss {task.fields[loss]:.4f}  {task.fields[left]} left at most"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.task = self.live.add_task("train", total=1, epoch=1, epochs=epochs, rate=0.0, loss=0.0, left="?")
        self.began, self.steps, self.examples = time.monotonic(), 0, 0

    def __enter__(self) -> "TrainingDisplay":
        self.live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        self.live.stop()

    def on_step(self, state: State, steps: int, examples: int) -> None:
        """After each step: `steps` in an epoch, `examples` in this batch."""
        self.steps, self.examples = self.steps + 1, self.examples + examples
        elapsed = time.monotonic() - self.began
        left = elapsed / self.steps * (steps * (self.epochs - state.epoch) - state.step)
        self.live.update(
            self.task,
            total=steps,
            completed=state.step,
            epoch=state.epoch + 1,
            loss=state.loss_sum / state.examples,
            rate=self.examples / elapsed,
            left=duration(left),
        )

    def on_epoch(self, state: State) -> None:
        """After each epoch."""
        last = state.history[-1]
        shown = dict.fromkeys([f"valid.{self.monitor}", "valid.accuracy", "valid.log_loss"])
        metrics = "  ".join(f"{name} {last[name]:.4f}" for name in shown)
        best = "  best so far" if state.best_epoch == state.epoch else ""
        rate = self.examples / (time.monotonic() - self.began)
        self.console.print(
            f"epoch {state.epoch}/{self.epochs}  loss {last['loss']:.4f}  {metrics}  "
            f"{rate:,.0f} examples/s  {duration(last['seconds'])}{best}",
            highlight=False,
            soft_wrap=True,
        )


def duration(seconds: float) -> str:
    """Minutes and seconds, with hours where there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
