"""Who competes, and what the process of a contender is asked for."""

import importlib
import statistics
import time
from typing import Any, NamedTuple

from classifier.settings import BRANCHES
from training_speed.workloads import Train, Workload, load_workload

PASSIVE = {"OMP_WAIT_POLICY": "PASSIVE"}  # PyTorch's idle threads would else spin and slow the others down


class Contender(NamedTuple):
    """One of those that are compared; docs/training_speed.md says what each of them does."""

    builder: str  # `module:function` that turns a Workload into a Train
    environment: dict[str, str]  # of its process
    overrides: tuple[str, ...] = ()  # of conf/train.yaml, next to those of the workload


CONTENDERS = {
    "ours": Contender("ours:ours", {}),
    "ours_float32": Contender("ours:ours", {}, ("trainer.precision=float32",)),
    "keras_nlp": Contender("keras_nlp_model:keras_nlp", {"KERAS_BACKEND": "tensorflow"}),
    "torch": Contender("torch_model:float32", PASSIVE),
    "torch_bfloat16": Contender("torch_model:bfloat16", PASSIVE),
    "jax": Contender("keras_nlp_model:keras_nlp", {"KERAS_BACKEND": "jax"}),
}


class Trainer:
    """What runs in the process of a contender; each public method is a request."""

    def __init__(self, contender: str) -> None:
        module, _, function = CONTENDERS[contender].builder.partition(":")
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
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        product().numpy()
        seconds.append(time.perf_counter() - began)
    return BRANCHES * 2 * size**3 / statistics.median(seconds)
