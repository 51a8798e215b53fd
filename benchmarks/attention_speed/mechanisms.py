"""What the process of a mechanism does, and which mechanisms there are."""

import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harness.project import ROOT, train_settings

WIDTH, HEADS = 128, 4
TOKENS_OF_A_BATCH = 4096
OFFICIAL = {name: f"keras_{name}" for name in ("multi_head", "additive", "concat", "dot")}  # by the name of ours
OFFICIAL["block"] = "keras_nlp_block"
MECHANISMS = (*OFFICIAL, *OFFICIAL.values(), "general", "scaled_dot", "rotary", "local")
ROUND_SECONDS = 0.2  # the number of steps of a round follows from it


def fits(name: str, tokens: int) -> bool:
    """Whether a training step takes at most 8 GB: the official additive layers hold five (tokens, tokens, units)."""
    return name not in ("keras_additive", "keras_concat") or 5 * 4 * TOKENS_OF_A_BATCH * tokens * WIDTH <= 8e9


class Mechanism:
    """What runs in the process of a mechanism; each public method is a request."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.parts: dict[str, Callable[[], Any]] = {}  # training and inference at the present length
        self.steps: dict[str, int] = {}  # of a round

    def prepare(self, tokens: int) -> None:
        """Builds the layer and its graphs for a length, and finds out how many steps make a round."""
        import keras
        import tensorflow as tf

        keras.utils.set_random_seed(0)
        texts = TOKENS_OF_A_BATCH // tokens
        states, mask = tf.random.normal((texts, tokens, WIDTH)), tf.ones((texts, tokens), tf.bool)
        layer, attend = attending(self.name)
        attend(states, mask)  # builds it

        def train():
            with tf.GradientTape() as tape:
                tape.watch(states)
                loss = tf.reduce_sum(tf.square(attend(states, mask)))
            return tape.gradient(loss, [states, *layer.trainable_variables])

        self.parts = {"training": tf.function(train), "inference": tf.function(lambda: attend(states, mask))}
        for part, step in self.parts.items():
            step()
            self.steps[part] = max(1, round(ROUND_SECONDS / min(timed(step, 1) for _ in range(3))))

    def measure(self) -> dict[str, float]:
        """Seconds of a step, training and inference: the mean of a round."""
        return {part: timed(step, self.steps[part]) for part, step in self.parts.items()}

    def memory(self, lengths: Sequence[int]) -> dict[int, dict[str, float]]:
        """Bytes that a step takes at its peak, beyond what is resident before it, by length; on Linux."""
        taken: dict[int, dict[str, float]] = {tokens: {} for tokens in lengths if fits(self.name, tokens)}
        for tokens in taken:
            self.prepare(tokens)
            for part, step in self.parts.items():
                Path("/proc/self/clear_refs").write_text("5")  # begins the peak again
                before = resident("VmRSS")
                timed(step, 1)
                taken[tokens][part] = resident("VmHWM") - before
        return taken

    def whole_classifier(self) -> float:
        """Peak of memory in bytes, all of the process, over training steps of a whole default classifier."""
        import keras
        import numpy as np
        import tensorflow as tf

        from classifier.pipeline.make_encoder import build_model

        model = build_model(train_settings((f"attention={self.name}", "pooling=concat")), 30_000, 512, 2)
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
        return 1024.0 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def attending(name: str) -> tuple[Any, Callable[[Any, Any], Any]]:
    """The layer, and what maps states and mask to the new states."""
    from hydra.utils import instantiate
    from omegaconf import OmegaConf

    from classifier.encoders import EncoderBlock
    from classifier.encoders.keras_nlp_block import KerasNlpBlock

    mechanism = "multi_head" if "block" in name else name
    layer = instantiate(OmegaConf.load(ROOT / "conf" / "attention" / f"{mechanism}.yaml"))
    if "block" not in name:
        return layer, lambda states, mask: layer(states, states, mask=mask[:, None, :])
    block = EncoderBlock(layer, 4 * WIDTH) if name == "block" else KerasNlpBlock(HEADS, 4 * WIDTH)
    return block, lambda states, mask: block(states, mask=mask)


def timed(step: Callable[[], Any], steps: int) -> float:
    """Seconds of a step, all its results waited for."""
    import tensorflow as tf

    start, found = time.perf_counter(), None
    for _ in range(steps):
        found = step()
    for tensor in tf.nest.flatten(found):
        tf.convert_to_tensor(tensor).numpy()
    return (time.perf_counter() - start) / steps


def resident(line: str) -> float:
    """Bytes of a line of /proc/self/status."""
    return 1024.0 * int(Path("/proc/self/status").read_text().partition(f"{line}:")[2].split()[0])
