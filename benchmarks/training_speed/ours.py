"""This project's own training, as `classifier train` sets it up; whatever changes there is followed here alone."""

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
    """The training loop of the default model without n-grams, with all that belongs to a step there."""
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
    optimizer = spare_from_decay(instantiate(settings.optimizer, learning_rate=rate))
    data = TrainingData(workload.texts, workload.labels, np.ones(workload.classes, np.float32), workload.texts)
    never_written = Path(tempfile.gettempdir()) / "never_written"
    training = Training(model, optimizer, settings.trainer, data, lambda logits: {}, settings.seed, never_written)

    def train(batches: Sequence[np.ndarray]) -> None:
        for batch in batches:
            training.learn(batch)

    return train
