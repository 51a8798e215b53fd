"""Where the time of a step goes, by TensorFlow operation: TensorFlow's own profiler, read without TensorBoard."""

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

WRAPPERS = {"PartitionedCall", "StatefulPartitionedCall", "While", "StatelessWhile", "If", "StatelessIf"}
PARTS = {  # by the beginning of an operation's name
    "gradient": "backward",
    "classifier": "forward",
    "adam": "optimizer",
    "": "loss, averages and the rest",
}


def profile(train: Callable[[Sequence[np.ndarray]], None], batches: Sequence[np.ndarray]) -> dict[str, Any]:
    """Milliseconds of a step under the profiler; its operations and parts, see `totals`."""
    seconds, events = recorded(lambda: train(batches))
    steps = len(batches)
    parts = ((next(part for start, part in PARTS.items() if name.startswith(start)), took) for name, _, took in events)
    return {
        "milliseconds": 1000 * seconds / steps,
        "operations": totals(((kind, took) for _, kind, took in events), steps),
        "parts": totals(parts, steps),
    }


def recorded(work: Callable[[], object]) -> tuple[float, list[tuple[str, str, float]]]:
    """Profiles a run of it: seconds on the clock, and (name in the graph, kind, milliseconds) of each operation."""
    import tensorflow as tf
    from tensorflow.tsl.profiler.protobuf import xplane_pb2  # pyright: ignore[reportMissingImports]

    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        began = time.perf_counter()
        work()
        seconds = time.perf_counter() - began
        tf.profiler.experimental.stop()
        (file,) = Path(folder).rglob("*.xplane.pb")
        space = xplane_pb2.XSpace.FromString(file.read_bytes())
    events = []
    for plane in space.planes:
        for event in (event for line in plane.lines for event in line.events):
            about = plane.event_metadata[event.metadata_id]
            kind = about.display_name
            if kind and about.name.endswith(f":{kind}") and kind not in WRAPPERS:
                events.append((about.name, kind.removeprefix("_Mkl"), event.duration_ps / 1e9))
    return seconds, events


def totals(events: Iterable[tuple[str, float]], steps: int) -> list[dict[str, Any]]:
    """Runs and milliseconds a step of each name, the longest first; what runs side by side counts in full."""
    found = defaultdict(list)
    for name, milliseconds in events:
        found[name].append(milliseconds / steps)
    rows = [{"name": name, "runs": len(took) / steps, "milliseconds": sum(took)} for name, took in found.items()]
    return sorted(rows, key=lambda row: row["milliseconds"], reverse=True)
