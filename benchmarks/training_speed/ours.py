"""This project's own training, as `classifier.train` sets it up; whatever changes there is followed here alone."""

import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from classifier.start import start_tensorflow
from training_speed.workloads import Train, Workload

SCHEDULED_STEPS = 100_000  # more than are ever measured

start_once = cache(start_tensorflow)


def ours(workload: Workload) -> Train:
    """Steps of the project's training loop, with all that belongs to a step there."""
    training = training_of(workload)

    def train(batches: Sequence[np.ndarray]) -> None:
        for batch in batches:
            training.learn(batch)

    return train


def training_of(workload: Workload):
    """The `Training` of the default model without n-grams, as `classifier.pipeline.prepare` makes it."""
    settings = workload.settings
    start_once(settings.trainer.deterministic)

    import keras
    from hydra.utils import instantiate

    from classifier.pipeline.prepare import build_model
    from classifier.training.fit import Training, TrainingData
    from classifier.training.optimization import WarmupDecay, spare_from_decay

    keras.utils.set_random_seed(settings.seed)
    model = build_model(settings, workload.vocabulary_size, workload.max_tokens, workload.classes)
    rate = WarmupDecay(settings.optimizer["learning_rate"], SCHEDULED_STEPS, 0, settings.trainer.schedule.name)
    return Training(
        model,
        spare_from_decay(instantiate(settings.optimizer, learning_rate=rate)),
        settings.trainer,
        TrainingData(workload.texts, workload.labels, np.ones(workload.classes, np.float32), workload.texts),
        validate=lambda logits: {},
        seed=settings.seed,
        checkpoint=Path(tempfile.gettempdir()) / "never_written",
    )
