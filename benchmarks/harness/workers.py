"""Contenders in processes of their own, measured in turn; commands with their seconds and memory.

A worker builds an object and calls its methods. Requests and answers are lines of JSON on standard input and output;
what libraries print goes into a log. A worker sleeps while others work.
"""

import contextlib
import importlib
import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from threading import Timer
from typing import Any, NamedTuple, TypeVar

from harness.project import BENCHMARKS, ROOT

Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")


class Failed(RuntimeError):
    """A process reported an error, or ended without an answer."""


class Usage(NamedTuple):
    """Of a process from its start to its end: seconds on the clock, and the largest resident memory."""

    seconds: float
    peak_memory_mb: float


def start(
    command: Sequence[str], log: Path, environment: Mapping[str, str], python: str = sys.executable, **pipes: Any
) -> subprocess.Popen[str]:
    """Starts a Python command that finds the project and the benchmarks; what it says goes into the log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    paths = [str(BENCHMARKS), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment}
    with log.open("w") as file:
        pipes = {"stdout": file, "stderr": file, **pipes}
        return subprocess.Popen([python, *command], env=environment, text=True, **pipes)


def end(process: subprocess.Popen[str], began: float) -> Usage:
    """Waits for the end of the process; afterwards it has its exit code."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Usage(time.monotonic() - began, usage.ru_maxrss / 1024)


def run(
    command: Sequence[str], log: Path, *, watch: Callable[[int], object] | None = None, check: bool = True, **pipes: Any
) -> Usage:
    """Runs a Python command to its end; `watch` is called with the number of the process once a second.

    Raises Failed if `check` is true and the exit code is not 0.
    """
    began = time.monotonic()
    process = start(command, log, {}, **pipes)
    while watch and not os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        watch(process.pid)
        time.sleep(1)
    usage = end(process, began)
    if check and process.returncode:
        raise Failed(f"{' '.join(command)} ended with exit code {process.returncode}: {last_line(log)} (see {log})")
    return usage


def last_line(log: Path) -> str:
    return next(reversed(log.read_text(errors="replace").strip().splitlines()), "it said nothing")


class Worker(contextlib.AbstractContextManager["Worker"]):
    """A contender in a process of its own, which starts at the first request.

    Args:
        name: of the contender.
        target: `module:callable` of the object that answers, or `module` if its functions do; imported there only.
        arguments: of the callable, as JSON knows them.
        log: takes what its libraries print.
        python: interpreter, of another environment if the contender needs one.
        environment: of the process, in addition to that of this process.
    """

    def __init__(
        self, name: str, target: str, *arguments: Any, log: Path, python: str = sys.executable, **environment: str
    ) -> None:
        self.name, self.log, self.python, self.environment = name, log, python, environment
        self.command = ["-m", "harness.workers", target, json.dumps(arguments)]
        self.process: subprocess.Popen[str] | None = None
        self.began = 0.0

    def ask(self, method: str, **arguments: Any) -> Any:
        """The answer of a method of the object; raises Failed with its error, or with that of its construction."""
        if self.process is None:
            self.began, pipe = time.monotonic(), subprocess.PIPE
            self.process = start(self.command, self.log, self.environment, self.python, stdin=pipe, stdout=pipe)
        assert self.process.stdin and self.process.stdout
        try:
            self.process.stdin.write(json.dumps([method, arguments]) + "\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            answer = {"error": f"it ended: {last_line(self.log)}"}
        if "error" in answer:
            raise Failed(f"{self.name}: {answer['error']} (in {method}; see {self.log})")
        return answer["answer"]

    def close(self) -> Usage:
        """Ends the process; its usage counts from the first request."""
        if self.process is None:
            return Usage(0.0, 0.0)
        process, self.process = self.process, None
        assert process.stdin and process.stdout
        killer = Timer(60, process.kill)  # if it does not end
        killer.start()
        with contextlib.suppress(BrokenPipeError):  # it has ended already
            process.stdin.close()
        usage = end(process, self.began)
        process.stdout.close()
        killer.cancel()
        return usage

    def __exit__(self, *_: object) -> None:
        self.close()

    def once(self, method: str, **arguments: Any) -> Any:
        """Asks for a single answer, and ends the process."""
        with self:
            return self.ask(method, **arguments)


def in_turn(jobs: Mapping[Key, Callable[[], Answer]], rounds: int = 1) -> dict[Key, list[Answer]]:
    """The answers of each job, which does its work once a round, so that what disturbs the machine disturbs all.

    Every round begins with another job. A job that fails is reported and left out.
    """
    answers: dict[Key, list[Answer]] = {key: [] for key in jobs}
    for number in range(rounds):
        keys = list(answers)
        first = number % max(1, len(keys))
        for key in [*keys[first:], *keys[:first]]:
            try:
                answers[key].append(jobs[key]())
            except Failed as error:
                print(f"Left out: {error}", file=sys.stderr, flush=True)
                del answers[key]
    return answers


def by_part(rounds: Sequence[Mapping[str, float]]) -> dict[str, list[float]]:
    """The seconds of each part, one for each round."""
    return {part: [seconds[part] for seconds in rounds] for part in rounds[0]}


def main() -> None:
    """The other process: python -m harness.workers <target> <arguments>."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    (module, _, name), contender = sys.argv[1].partition(":"), None
    for line in sys.stdin:
        method, arguments = json.loads(line)
        try:
            if contender is None:
                imported = importlib.import_module(module)
                contender = getattr(imported, name)(*json.loads(sys.argv[2])) if name else imported
            answer = json.dumps({"answer": getattr(contender, method)(**arguments)})
        except Exception as error:
            traceback.print_exc()
            answer = json.dumps({"error": f"{type(error).__name__}: {error}"})
        print(answer, file=answers, flush=True)


if __name__ == "__main__":
    main()
