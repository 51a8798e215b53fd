"""Processor seconds before the first training step, by what they are spent on; tracking is left out.

    CLASSIFIER_DATA=<folder> python benchmarks/first_step.py [data=imdb ...]

Takes the overrides of `classifier.train`. The linear part is fitted beside the training and is not waited for before
the first step; it is left out here.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.utils import instantiate
from omegaconf import OmegaConf

from classifier.command_line.choices import CONF
from classifier.pipeline.prepare import build_model
from classifier.settings import TrainSettings
from classifier.start import start_tensorflow


class Laps:
    """Prints the processor seconds since the last lap."""

    def __init__(self) -> None:
        self.last, self.total = time.process_time(), 0.0

    def __call__(self, name: str, counts: bool = True) -> None:
        now = time.process_time()
        print(f"{name:32} {now - self.last:6.1f}")
        self.total += (now - self.last) * counts
        self.last = now


def settings_of(overrides: list[str]) -> Any:
    """As the command composes them."""
    ConfigStore.instance().store(name="train_settings", node=TrainSettings)
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return OmegaConf.to_object(compose("train", overrides))


def main() -> None:
    lap = Laps()
    settings = settings_of(sys.argv[1:] or ["data=imdb"])
    lap("compose the settings")
    from classifier.data import load_splits

    splits = load_splits(settings.data, settings.seed)
    lap("read the files")
    start_tensorflow(settings.trainer.deterministic)
    import mlflow  # noqa: F401

    from classifier.training.batches import encode, epoch_batches
    from classifier.training.fit import Training, TrainingData

    lap("import TensorFlow and MLflow", counts=False)
    tokenizer = instantiate(settings.tokenizer)
    tokenizer.learn(splits.train.texts)
    lap("learn the vocabulary")
    texts, valid = (encode(tokenizer, part.texts)[0] for part in (splits.train, splits.valid))
    lap("encode the texts")
    classes = len(splits.train.label_names)
    model = build_model(settings, len(tokenizer.vocabulary), tokenizer.max_tokens, classes)
    optimizer = instantiate(settings.optimizer)
    weights = np.ones(classes, np.float32)
    with tempfile.TemporaryDirectory() as folder:
        arguments = (
            TrainingData(texts, splits.train.labels, weights, valid),
            lambda logits: {},
            settings.seed,
            Path(folder) / "state",
        )
        training = Training(model, optimizer, settings.trainer, *arguments)
        lap("build the model")
        training.learn(epoch_batches(texts.lengths, settings.trainer.batch_size, settings.seed, 0)[0])
    lap("trace and run the first step")
    print(f"{'all but the imports':32} {lap.total:6.1f}")


if __name__ == "__main__":
    main()
