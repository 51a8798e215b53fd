"""What the process of one mechanism does: builds it for a length, then times a round whenever it is asked to."""

import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attention_speed.mechanisms import HEADS, TOKENS_OF_A_BATCH, WIDTH

ROUND_SECONDS = 0.2  # a round is as many steps as take so long
parts: dict[str, tuple[Callable[[], Any], int]] = {}  # of the length under way: training and inference, steps a round


def prepare(name: str, tokens: int) -> dict[str, Any]:
    """Builds the layer and its graphs."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(0)
    texts = TOKENS_OF_A_BATCH // tokens
    states, mask = tf.random.normal((texts, tokens, WIDTH)), tf.ones((texts, tokens), tf.bool)
    attend = attending(name)
    layer = attend(states, mask)

    @tf.function
    def infer():
        return attend(states, mask)[0]

    @tf.function
    def train():
        with tf.GradientTape() as tape:
            tape.watch(states)
            loss = tf.reduce_sum(tf.square(attend(states, mask)[0]))
        return tape.gradient(loss, [states, *layer[1].trainable_variables])

    parts.clear()
    infer()
    train()
    for part, step in (("training", train), ("inference", infer)):
        parts[part] = (step, max(1, round(ROUND_SECONDS / min(timed(step, 1) for _ in range(3)))))
    return {"seconds": {part: [] for part in parts}}


def measure() -> dict[str, float]:
    """Seconds of a step, training and inference: the mean of a round."""
    return {part: timed(step, steps) for part, (step, steps) in parts.items()}


def memory(name: str, tokens: int) -> dict[str, float]:
    """Bytes that a step takes at its peak, beyond what lay in memory before it; on Linux."""
    prepare(name, tokens)
    return {part: peak_of(step) for part, (step, _) in parts.items()}


def peak_of(step: Callable[[], Any]) -> float:
    """Of the resident memory of this process, over a step, less what is resident before."""
    Path("/proc/self/clear_refs").write_text("5")  # begins the peak anew
    before = resident("VmRSS")
    timed(step, 1)
    return resident("VmHWM") - before


def resident(line: str) -> float:
    """Bytes of a line of /proc/self/status."""
    words = next(one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith(line)).split()
    return 1024.0 * float(words[1])


def timed(step: Callable[[], Any], steps: int) -> float:
    """Seconds of a step, all its results waited for."""
    import tensorflow as tf

    start, found = time.perf_counter(), None
    for _ in range(steps):
        found = step()
    for tensor in tf.nest.flatten(found):
        tf.convert_to_tensor(tensor).numpy()
    return (time.perf_counter() - start) / steps


def attending(name: str) -> Callable:
    """Maps states and mask to the new states and the layer."""
    from classifier.encoders import EncoderBlock
    from classifier.encoders.keras_nlp_block import KerasNlpBlock

    if name in ("block", "keras_nlp_block"):
        block = EncoderBlock(make("multi_head"), 4 * WIDTH) if name == "block" else KerasNlpBlock(HEADS, 4 * WIDTH)
        return lambda states, mask: (block(states, mask=mask), block)
    layer = make(name)
    return lambda states, mask: (layer(states, states, mask=mask[:, None, :]), layer)


def make(name: str):
    """The mechanism as conf/attention/ says."""
    from hydra.utils import instantiate
    from omegaconf import OmegaConf

    return instantiate(OmegaConf.load(Path(__file__).parents[2] / "conf" / "attention" / f"{name}.yaml"))


def measure_classifier(name: str) -> float:
    """Peak of memory in bytes, all of the process, over training steps of a whole default classifier."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras
    import numpy as np
    import tensorflow as tf

    from classifier.encoders import ConcatPooling
    from classifier.encoders.scratch import build_classifier
    from classifier.settings import ScratchSettings

    settings = ScratchSettings(depth=2, width=WIDTH, intermediate_dim=4 * WIDTH)
    model = build_classifier(settings, lambda: make(name), ConcatPooling(name="pooling"), 30_000, 512, 2)
    optimizer = keras.optimizers.AdamW(1e-3)
    optimizer.build(model.trainable_variables)
    ids = tf.constant(np.random.default_rng(0).integers(2, 30_000, (32, 512)), tf.int32)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(ids, training=True)))
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)

    for _ in range(3):
        step()
    return peak_bytes()


def peak_bytes() -> float:
    """Of the memory of this process, at its peak."""
    return 1024.0 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
