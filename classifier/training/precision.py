"""Matrix products in bfloat16, where the processor has instructions for it: twice as fast, and good enough to learn."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import tensorflow as tf

OPTION = "auto_mixed_precision_onednn_bfloat16"  # of TensorFlow's graph optimizer


def processor_has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 (AVX-512 BF16 or AMX), as Linux tells it; elsewhere False."""
    try:
        flags = Path("/proc/cpuinfo").read_text().partition("flags")[2].partition("\n")[0].split()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


@contextlib.contextmanager
def bfloat16_products(wanted: bool) -> Iterator[None]:
    """Graphs run within the block multiply matrices in bfloat16; weights, sums and softmax stay float32.

    TensorFlow rewrites the graph where it runs first within the block; run outside, the same function is float32. A
    thread that begins within the block keeps to bfloat16 afterwards: start those that predict outside.
    """
    if not wanted:
        yield
        return
    tf.config.optimizer.set_experimental_options({OPTION: True})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({OPTION: False})
