"""Who competes, and what the process of a contender is asked for."""

import importlib
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from statistics import median
from timeit import repeat
from typing import Any

import numpy as np

from classifier.settings import BRANCHES
from classifier.start import start_tensorflow
from training_speed.workloads import Train, Workload, load_workload

SCHEDULED_STEPS = 100_000  # more than are ever measured
PASSIVE = {"OMP_WAIT_POLICY": "PASSIVE"}  # PyTorch's idle threads would else spin and slow the others down

start_once = cache(start_tensorflow)

# `module:function` that turns a Workload into a Train, environment of the process, further overrides of conf/train.yaml
CONTENDERS = {
    "ours": ("contenders:ours", {}, ()),
    "ours_float32": ("contenders:ours", {}, ("trainer.precision=float32",)),
    "keras_nlp": ("contenders:keras_nlp", {"KERAS_BACKEND": "tensorflow"}, ()),
    "torch": ("torch_model:float32", PASSIVE, ()),
    "torch_bfloat16": ("torch_model:bfloat16", PASSIVE, ()),
    "jax": ("contenders:keras_nlp", {"KERAS_BACKEND": "jax"}, ()),
}


class Trainer:
    """What runs in the process of a contender; each public method is a request."""

    def __init__(self, contender: str) -> None:
        module, _, function = CONTENDERS[contender][0].partition(":")
        self.build = getattr(importlib.import_module(f"training_speed.{module}"), function)
        self.ready: dict[str, tuple[Workload, Train]] = {}
        self.warm: set[str] = set()

    def prepare(self, path: str) -> float:
        """Builds for the workload of the file and trains one step; the seconds of both, imports not counted."""
        workload = load_workload(path)
        if not self.ready:
            self.build(workload)  # for nothing, so that no import is counted
        began = time.perf_counter()
        train = self.build(workload)
        train(workload.batches()[:1])
        self.ready[workload.name] = workload, train
        return time.perf_counter() - began

    def measure(self, name: str, peak_of: int = 0) -> dict[str, float]:
        """Seconds of a round on a prepared workload, on the clock and of all processor cores together.

        All workloads are prepared before: a seed set for one makes TensorFlow forget the kernels of all. The first
        round warms up with each shape of batch. With a size, the machine's peak is measured right before the round.
        """
        workload, train = self.ready[name]
        if name not in self.warm:
            train(workload.warm_up_batches())
            self.warm.add(name)
        batches, peak = workload.batches(), {"peak": matrix_product_rate(peak_of)} if peak_of else {}
        began, used = time.perf_counter(), time.process_time()
        train(batches)
        return {"wall_seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - used, **peak}

    def profile(self, name: str) -> dict[str, Any]:
        from training_speed.profiler import profile

        workload, train = self.ready[name]
        return profile(train, workload.batches())


def matrix_product_rate(size: int) -> float:
    """Floating-point operations a second of products of two float32 squares of that size; a median.

    As many products run side by side as a training step has branches, so that all cores that it uses are at work.
    """
    import tensorflow as tf

    squares = [tf.random.stateless_normal([size, size], seed=(0, branch)) for branch in range(BRANCHES)]
    product = tf.function(lambda: tf.add_n([tf.reduce_sum(tf.matmul(square, square)[0]) for square in squares]))
    product().numpy()
    return BRANCHES * 2 * size**3 / median(repeat(lambda: product().numpy(), number=1, repeat=5))


def ours(workload: Workload) -> Train:
    """This project's own training of the default model without n-grams, with all that belongs to a step there."""
    settings = workload.settings
    start_once(settings.trainer.deterministic)

    import keras
    from hydra.utils import instantiate

    from classifier.pipeline.make_encoder import build_model
    from classifier.tasks import make_task
    from classifier.training.fit import Training, TrainingData
    from classifier.training.optimization import WarmupDecay, spare_from_decay

    keras.utils.set_random_seed(settings.seed)
    model = build_model(settings, workload.vocabulary_size, workload.max_tokens, workload.classes)
    rate = WarmupDecay(settings.optimizer["learning_rate"], SCHEDULED_STEPS, 0, settings.trainer.schedule.name)
    optimizer = spare_from_decay(instantiate(settings.optimizer, learning_rate=rate))
    task = make_task(several=False)
    data = TrainingData(workload.texts, workload.labels, np.ones(workload.classes, np.float32), workload.texts, task)
    never_written = Path(tempfile.gettempdir()) / "never_written"
    trainer = replace(settings.trainer, epochs=1)
    training = Training(model, optimizer, trainer, data, lambda logits: {}, settings.seed, never_written)

    def train(batches: Sequence[np.ndarray]) -> None:
        for batch in batches:
            training.learn(batch)

    return train


def keras_nlp(workload: Workload) -> Train:
    """The same network from keras-nlp's layers, trained by `fit` on texts padded to `max_tokens`.

    The environment's KERAS_BACKEND says by which library. The mask of the embedding goes along from layer to layer.
    """
    import keras
    import keras_nlp
    import tensorflow as tf

    settings, sizes, tokens = workload.settings, workload.settings.encoder, workload.max_tokens
    ids = keras.Input((tokens,), dtype="int32")
    states = keras_nlp.layers.TokenAndPositionEmbedding(workload.vocabulary_size, tokens, sizes.width, mask_zero=True)(
        ids
    )
    states = keras.layers.Dropout(sizes.embedding_dropout)(states)
    inner, heads = sizes.intermediate_dim, settings.attention["num_heads"]
    same = {"dropout": sizes.dropout, "activation": sizes.activation.value, "normalize_first": True}
    for _ in range(sizes.depth):
        states = keras_nlp.layers.TransformerEncoder(inner, heads, **same)(states)
    states = keras.layers.LayerNormalization()(states)
    context = keras.layers.Dropout(sizes.head_dropout)(keras.layers.GlobalAveragePooling1D()(states))
    model = keras.Model(ids, keras.layers.Dense(workload.classes)(context))
    rate, decay = settings.optimizer["learning_rate"], settings.optimizer["weight_decay"]
    optimizer = keras.optimizers.AdamW(rate, weight_decay=decay)
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    padded = np.zeros((len(workload.texts), tokens), np.int32)
    padded[np.arange(tokens) < workload.texts.lengths[:, None]] = workload.texts.tokens
    options = tf.data.Options()
    options.autotune.enabled = False  # the autotuner of TensorFlow 2.21 can keep the end of a fit waiting for seconds

    def train(batches: Sequence[np.ndarray]) -> None:
        order, size = np.concatenate(batches), len(batches[0])
        texts = tf.data.Dataset.from_tensor_slices((padded[order], workload.labels[order]))
        model.fit(texts.batch(size).prefetch(2).with_options(options), verbose=0)

    return train
