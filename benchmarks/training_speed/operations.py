"""How many floating-point operations a training step needs for its matrix products, and how fast the machine is."""

import statistics
import time

from classifier.settings import BRANCHES
from training_speed.workloads import Workload

REPETITIONS = 5


def round_operations(workload: Workload) -> float:
    """Floating-point operations of the matrix products of a round of ours, by the formula in docs/training_speed.md."""
    settings = workload.settings
    width, inner, depth = settings.encoder.width, settings.encoder.intermediate_dim, settings.encoder.depth
    alone = settings.pooling["_target_"].rpartition(".")[2].removesuffix("Pooling").lower()
    poolings = list(settings.pooling.get("poolings", [alone]))  # side by side
    operations = 0.0
    for texts, tokens in workload.shapes():
        positions = texts * tokens
        block = 8 * positions * width**2 + 4 * positions * tokens * width + 4 * positions * width * inner
        pooling = poolings.count("additive") * (2 * positions * width**2 + 4 * positions * width)
        head = 2 * texts * len(poolings) * width * workload.classes
        operations += 3.0 * (depth * block + pooling + head)
    return operations


def matrix_product_rate(size: int) -> float:
    """Floating-point operations a second of products of two float32 squares of that size; a median.

    As many products run side by side as a training step has branches, so that all cores that it uses are at work.
    """
    import tensorflow as tf

    squares = [tf.random.stateless_normal([size, size], seed=(0, branch)) for branch in range(BRANCHES)]
    product = tf.function(lambda: tf.add_n([tf.reduce_sum(tf.matmul(square, square)[0]) for square in squares]))
    product().numpy()
    seconds = []
    for _ in range(REPETITIONS):
        began = time.perf_counter()
        product().numpy()
        seconds.append(time.perf_counter() - began)
    return BRANCHES * 2 * size**3 / statistics.median(seconds)
