"""How many floating-point operations a training step needs for its matrix products, and how fast the machine is."""

import statistics
import time

from classifier.settings import BRANCHES
from training_speed.workloads import Workload

REPETITIONS = 5


def step_operations(workload: Workload, texts: int, tokens: int) -> float:
    """Floating-point operations of the matrix products of one step of ours, with its padding.

    An (n, k) x (k, m) product is 2 n k m operations. With B texts padded to T tokens, width D, feed-forward width F,
    depth L and C classes, the forward pass has

        blocks   L x (8 B T D^2  query, key, value and output projection
                    + 4 B T^2 D  scores, and mixing the values; the same for any number of heads
                    + 4 B T D F) expand and contract
        pooling  2 B T D^2 + 4 B T D        hidden layer, score and mean of additive pooling, where it is used
        head     2 B P C                    P: width of the pooled vector, the number of poolings x D

    and the backward pass twice as many: each product has a gradient for either factor. Embedding, normalisation,
    softmax, dropout and the optimizer are not counted, though they take time.
    """
    sizes, poolings = workload.settings.encoder, pooling_names(workload)
    width, positions = sizes.width, texts * tokens
    block = 8 * positions * width**2 + 4 * positions * tokens * width + 4 * positions * width * sizes.intermediate_dim
    pooling = poolings.count("additive") * (2 * positions * width**2 + 4 * positions * width)
    head = 2 * texts * len(poolings) * width * workload.classes
    return 3.0 * (sizes.depth * block + pooling + head)


def pooling_names(workload: Workload) -> list[str]:
    """The poolings side by side, by name: `["attention", "mean", "max"]`, or the one that is used alone."""
    pooling = workload.settings.pooling
    alone = pooling["_target_"].rpartition(".")[2].removesuffix("Pooling").lower()
    return list(pooling.get("poolings", [alone]))


def round_operations(workload: Workload) -> float:
    """`step_operations` over the batches of a round."""
    return sum(step_operations(workload, texts, tokens) for texts, tokens in workload.shapes())


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
