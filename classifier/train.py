"""Trains a classifier on labelled texts, evaluates it, exports it and logs the run to MLflow.

classifier train
classifier train data=files data.train=messages.csv data.text=message data.label=topic
"""

from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig

from classifier.command_line.arguments import with_files
from classifier.command_line.run import run_command
from classifier.command_line.run_name import name_run
from classifier.leaving import run_and_leave
from classifier.settings import TrainSettings, as_overrides


def train(settings: TrainSettings, output: Path) -> dict[str, Any]:
    """Runs the training; see `classifier.pipeline.run`."""
    from classifier.pipeline import run

    name_run(settings)
    return run.train(settings, as_overrides(settings, HydraConfig.get().runtime.choices), output)


def main() -> None:
    run_command("train", TrainSettings, train, with_files)


if __name__ == "__main__":
    run_and_leave(main)
