"""Who competes, and what the process of a contender is asked for."""

import importlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training_speed.workloads import Train, Workload, load_workload

PASSIVE = {"OMP_WAIT_POLICY": "PASSIVE"}  # PyTorch's idle threads would else spin and slow the others down


@dataclass(frozen=True, slots=True)
class Contender:
    """One of those that are compared; docs/training_speed.md says what each of them does.

    Args:
        builder: `module:function` that turns a `Workload` into a `Train`.
        environment: of its process.
        overrides: of conf/train.yaml, next to those of the workload.
    """

    builder: str
    environment: Mapping[str, str]
    overrides: tuple[str, ...] = ()


CONTENDERS = {
    "ours": Contender("training_speed.ours:ours", {}),
    "ours_float32": Contender("training_speed.ours:ours", {}, ("trainer.precision=float32",)),
    "keras_nlp": Contender("training_speed.keras_nlp_model:keras_nlp", {"KERAS_BACKEND": "tensorflow"}),
    "torch": Contender("training_speed.torch_model:float32", PASSIVE),
    "torch_bfloat16": Contender("training_speed.torch_model:bfloat16", PASSIVE),
    "jax": Contender("training_speed.keras_nlp_model:keras_nlp", {"KERAS_BACKEND": "jax"}),
}


class Trainer:
    """What runs in the process of a contender; each public method is a request."""

    def __init__(self, contender: str) -> None:
        module, _, function = CONTENDERS[contender].builder.partition(":")
        self.build = getattr(importlib.import_module(module), function)
        self.ready: dict[str, tuple[Workload, Train]] = {}

    def prepare(self, path: str) -> dict[str, float]:
        """Builds for the workload of the file and trains one step.

        Returns:
            Seconds from the beginning of building to the end of that step, imports not counted.
        """
        workload = load_workload(path)
        if not self.ready:
            self.build(workload)  # for nothing, so that no import is counted
        began = time.perf_counter()
        train = self.build(workload)
        train(workload.batches()[:1])
        self.ready[workload.name] = workload, train
        return {"first_step_seconds": time.perf_counter() - began}

    def warm_up(self, name: str) -> None:
        """Trains on each shape of batch that a round on this prepared workload will meet.

        To be asked when all workloads are prepared: a seed set for one makes TensorFlow forget the kernels of all.
        """
        workload, train = self.ready[name]
        train(workload.warm_up_batches())

    def measure(self, name: str, peak_of: int = 0) -> dict[str, float]:
        """Seconds of a round on a prepared workload, on the clock and of all processor cores together.

        If a size is given, right after the machine's peak, see `operations.matrix_product_rate`.
        """
        from training_speed.operations import matrix_product_rate

        workload, train = self.ready[name]
        batches, peak = workload.batches(), {"peak": matrix_product_rate(peak_of)} if peak_of else {}
        began, used = time.perf_counter(), time.process_time()
        train(batches)
        return {"wall_seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - used, **peak}

    def profile(self, name: str) -> dict[str, Any]:
        """See `profiler.profile`."""
        from training_speed.profiler import profile

        workload, train = self.ready[name]
        return profile(train, workload.batches())
