"""Where the time of a step goes, by TensorFlow operation: TensorFlow's own profiler, read without TensorBoard."""

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training_speed.workloads import Train

WRAPPERS = {"PartitionedCall", "StatefulPartitionedCall", "While", "StatelessWhile", "If", "StatelessIf"}
PARTS = (  # by the beginning of an operation's name
    ("gradient_tape/", "backward"),
    ("gradients/", "backward"),
    ("classifier", "forward"),
    ("adam", "optimizer"),
)
REST = "loss, averages and the rest"


def profile(train: Train, batches: Sequence[np.ndarray]) -> dict[str, Any]:
    """Trains on the batches under the profiler.

    Returns:
        `milliseconds` of a step on the clock while profiled; `operations` and `parts`: name, runs a step and
        milliseconds a step, the longest first. Operations run side by side on the cores, so that their
        milliseconds may add up to more than the clock's.
    """
    seconds, events = recorded(lambda: train(batches))
    steps = len(batches)
    return {
        "milliseconds": 1000 * seconds / steps,
        "operations": totals([(kind, took) for _, kind, took in events], steps),
        "parts": totals([(part_of(name), took) for name, _, took in events], steps),
    }


def recorded(work: Callable[[], object]) -> tuple[float, list[tuple[str, str, float]]]:
    """Profiles a run of it: seconds on the clock, and (name in the graph, kind, milliseconds) of each operation."""
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        began = time.perf_counter()
        work()
        seconds = time.perf_counter() - began
        tf.profiler.experimental.stop()
        (file,) = Path(folder).rglob("*.xplane.pb")
        return seconds, list(operations_in(file.read_bytes()))


def operations_in(file: bytes) -> Iterator[tuple[str, str, float]]:
    """(name in the graph, kind, milliseconds) of each operation that a thread ran."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2  # pyright: ignore[reportMissingImports]

    space = xplane_pb2.XSpace()
    space.ParseFromString(file)
    for plane in space.planes:
        for line in plane.lines:
            for event in line.events:
                about = plane.event_metadata[event.metadata_id]
                kind = about.display_name
                if kind and about.name.endswith(f":{kind}") and kind not in WRAPPERS:
                    yield about.name, kind.removeprefix("_Mkl"), event.duration_ps / 1e9


def part_of(name: str) -> str:
    """The part of the step that an operation of the graph belongs to.

    >>> part_of("gradient_tape/classifier/block_0/expand/MatMul:MatMul")
    'backward'
    """
    return next((part for beginning, part in PARTS if name.startswith(beginning)), REST)


def totals(events: Sequence[tuple[str, float]], steps: int) -> list[dict[str, Any]]:
    """Runs and milliseconds a step of each name, the longest first."""
    runs, took = defaultdict(int), defaultdict(float)
    for name, milliseconds in events:
        runs[name] += 1
        took[name] += milliseconds
    return [
        {"name": name, "runs": runs[name] / steps, "milliseconds": took[name] / steps}
        for name in sorted(took, key=took.__getitem__, reverse=True)
    ]
