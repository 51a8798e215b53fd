"""A contender in a process of its own: works when it is asked, and sleeps while others do.

Each line of standard input, JSON, names a file and where its labels go; each answer is a line of seconds by part.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

BENCHMARKS = Path(__file__).parents[1]


class Worker:
    """The near end.

    Args:
        contender: a key of CONTENDERS.
        model: what it scores with.
        corpus: Parquet file with texts to learn from, for those that need some.
        log: takes what its libraries print.
    """

    def __init__(self, contender: str, model: Path, corpus: Path, log: Path) -> None:
        self.contender = contender
        path = os.pathsep.join([str(BENCHMARKS), str(BENCHMARKS.parent), os.environ.get("PYTHONPATH", "")])
        with open(log, "w") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "scoring_speed.worker", contender, str(model), str(corpus)],
                env={**os.environ, "PYTHONPATH": path},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        self.log = log

    def score(self, given: Path, output: Path) -> dict[str, float]:
        """Seconds by part, and of all of it.

        Raises:
            RuntimeError: where it ended; its log says why.
        """
        assert self.process.stdin and self.process.stdout
        try:
            self.process.stdin.write(json.dumps([str(given), str(output)]) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # no answer comes either
        if answer := self.process.stdout.readline():
            return json.loads(answer)
        last = self.log.read_text().strip().splitlines()[-1:]
        raise RuntimeError(f"{self.contender} ended: {' '.join(last)}")

    def end(self) -> None:
        self.process.communicate()


def main() -> None:
    """The far end: python -m scoring_speed.worker <contender> <model> <corpus>."""
    from scoring_speed.contenders import CONTENDERS

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    contender, model, corpus = sys.argv[1:]
    score: Any = CONTENDERS[contender](Path(model), pq.read_table(corpus).column("text").to_pylist())
    for line in sys.stdin:
        given, output = json.loads(line)
        began = time.perf_counter()
        seconds = score(Path(given), Path(output))
        print(json.dumps({**seconds, "all": time.perf_counter() - began}), file=answers, flush=True)


if __name__ == "__main__":
    main()
