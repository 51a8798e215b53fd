"""A run without tracking, for trainings of which only the report and the model are needed."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class UntrackedRun:
    """Has the interface of `classifier.tracking.run.Run`, but does not log anything.

    Args:
        output: output folder of the training.
        checkpoint: path of the checkpoint.
    """

    output: Path
    checkpoint: Path
    status: str = "FINISHED"
    run_id: str | None = None
    refused: list[str] = field(default_factory=list)
    facts: dict[str, float] = field(default_factory=dict)

    def log_params(self, params: Any) -> None: ...

    def set_tags(self, tags: Any) -> None: ...

    def log_metrics(self, metrics: Any, step: int = 0) -> None: ...

    def log_epochs(self, entries: Any) -> None: ...

    def log_folder(self, folder: Path) -> None: ...

    def log_datasets(self, files: Any) -> None: ...

    def log_model(self, folder: Path, example: str, label_names: tuple[str, ...], step: int) -> None: ...

    def register_model(self) -> None: ...

    def start_monitor(self) -> None: ...

    def logged_epochs(self) -> int:
        return 0

    def __enter__(self) -> "UntrackedRun":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        if kind is None and self.status == "FINISHED":
            self.checkpoint.unlink(missing_ok=True)
