"""A contender in a process of its own, so that rounds can be interleaved: it works when asked and else sleeps.

Requests and answers are lines of JSON on standard input and output; what the libraries print goes into a log file.
"""

import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Self

from training_speed.contenders import CONTENDERS
from training_speed.workloads import Train, Workload, load_workload

BENCHMARKS = Path(__file__).parents[1]


class Worker:
    """The near end: starts the process of a contender and asks it.

    Args:
        contender: a key of CONTENDERS.
        folder: where its log is written.
    """

    def __init__(self, contender: str, folder: Path) -> None:
        self.contender = contender
        self.log = folder / f"{contender}.log"
        paths = [str(BENCHMARKS), str(BENCHMARKS.parent), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
        environment = {"PYTHONPATH": os.pathsep.join(filter(None, paths)), **CONTENDERS[contender].environment}
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "training_speed.worker", contender],
                env={**os.environ, **environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def ask(self, what: str, **details: Any) -> Any:
        """Sends a request and waits for the answer.

        Raises:
            RuntimeError: where the worker failed; its log says more.
        """
        asked, answered = self.process.stdin, self.process.stdout
        if not asked or not answered:
            raise RuntimeError(f"{self.contender} was started without pipes.")
        asked.write(json.dumps({"what": what, **details}) + "\n")
        asked.flush()
        answer = json.loads(answered.readline() or '{"error": "it ended"}')
        if isinstance(answer, dict) and "error" in answer:
            raise RuntimeError(f"{self.contender} failed at {what} (see {self.log.name}): {answer['error']}")
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Closing its input ends the process."""
        if self.process.stdin:
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Answers:
    """The far end: what a contender's process answers; each public method is a request."""

    def __init__(self, contender: str) -> None:
        self.contender = CONTENDERS[contender]
        self.ready: dict[str, tuple[Workload, Train]] = {}

    def prepare(self, path: str) -> dict[str, float]:
        """Builds for the workload of the file and trains one step.

        Returns:
            Seconds from the beginning of building to the end of that step, imports not counted.
        """
        workload = load_workload(Path(path))
        first_batch = workload.batches()[:1]
        self.import_libraries(workload)
        began = time.perf_counter()
        train = self.contender.build(workload)
        train(first_batch)
        self.ready[workload.name] = workload, train
        return {"first_step_seconds": time.perf_counter() - began}

    def warm_up(self, name: str) -> dict[str, float]:
        """Trains on each shape of batch that a round on this prepared workload will meet.

        To be asked when all workloads are prepared: a seed set for one makes TensorFlow forget the kernels of all.
        """
        workload, train = self.ready[name]
        began = time.perf_counter()
        train(workload.warm_up_batches())
        return {"warm_up_seconds": time.perf_counter() - began}

    def import_libraries(self, workload: Workload) -> None:
        """Builds once for nothing where this is the first workload, so that no import is counted later."""
        if not self.ready:
            self.contender.build(workload)

    def measure(self, name: str) -> dict[str, float]:
        """Seconds of a round on a prepared workload, on the clock and of all processor cores together."""
        workload, train = self.ready[name]
        batches = workload.batches()
        began, used = time.perf_counter(), time.process_time()
        train(batches)
        return {"wall_seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - used}

    def peak(self, size: int) -> float:
        """See `operations.matrix_product_rate`."""
        from training_speed.operations import matrix_product_rate

        return matrix_product_rate(size)

    def profile(self, name: str) -> dict[str, Any]:
        """See `profiler.profile`."""
        from training_speed.profiler import profile

        workload, train = self.ready[name]
        return profile(train, workload.batches())


def answer(method: Callable[..., Any], details: dict[str, Any]) -> Any:
    """What the method returns, or the error that it raised."""
    try:
        return method(**details)
    except Exception as error:
        traceback.print_exc()
        return {"error": f"{type(error).__name__}: {error}"}


def serve(contender: str, requests: IO[str], replies: IO[str]) -> None:
    """Answers until there are no more requests."""
    answers = Answers(contender)
    for line in requests:
        request = json.loads(line)
        replies.write(json.dumps(answer(getattr(answers, request.pop("what")), request)) + "\n")
        replies.flush()


if __name__ == "__main__":
    kept = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # a library that prints must not disturb the answers
    serve(sys.argv[1], sys.stdin, kept)
