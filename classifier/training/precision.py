"""Matrix products in bfloat16 on processors with such instructions: twice as fast, and sufficient for training."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import tensorflow as tf

OPTION = "auto_mixed_precision_onednn_bfloat16"  # option of TensorFlow's graph optimizer


def processor_has_bfloat16() -> bool:
    """Whether the processor supports bfloat16 products (AVX-512 BF16 or AMX); False on systems other than Linux."""
    try:
        flags = Path("/proc/cpuinfo").read_text().partition("flags")[2].partition("\n")[0].split()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


@contextlib.contextmanager
def bfloat16_products(wanted: bool) -> Iterator[None]:
    """Graphs in this context multiply matrices in bfloat16; weights, sums and softmax are in float32.

    TensorFlow rewrites the graph when it runs for the first time in the context; outside, the same function uses
    float32. A thread that is started in the context keeps using bfloat16: start threads for predictions outside.
    """
    if not wanted:
        yield
        return
    tf.config.optimizer.set_experimental_options({OPTION: True})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({OPTION: False})
