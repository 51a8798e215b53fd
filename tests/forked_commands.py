"""Runs commands in processes of their own, forked from a process that has already imported TensorFlow and MLflow.

`python -m classifier.train` spends most of its time on these imports and on the check of the exported model, which
`test_export` and the training `whole` of `test_commands` try. Everything else is real: arguments, environment, output,
signals and exit codes. The processes are those of the start method "forkserver" of `multiprocessing`.
"""

import atexit
import multiprocessing
import os
import runpy
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from unchecked import unchecked_exports

from classifier.pipeline.connection import DESCRIPTOR

FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(["heavy_imports"])
PYTHON = [sys.executable, str(Path(__file__).with_name("forked_python.py"))]  # as an interpreter, with SERVER
SERVER = "CLASSIFIER_TESTS_SERVER"  # environment variable of PYTHON: the address
SECONDS = 600  # a command that has not ended is killed


def start_server() -> None:
    """Starts the process that is forked, unless it is running."""
    with pytest.MonkeyPatch.context() as patch:  # in Python 3.11, it finds what it preloads on this path only
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        forkserver.ensure_running()


def address() -> str:
    """Returns the address of the server for `forked_python`, and starts it unless it is running."""
    start_server()
    return str(forkserver._forkserver._forkserver_address)


def start_process(target: Callable[..., None], *arguments: Any) -> Any:
    """Starts a process in which the function is called, as `multiprocessing.Process`."""
    start_server()
    process = FORKING.Process(target=target, args=arguments)
    process.start()
    return process


def become(
    name: str, arguments: list[str], folder: Path, environment: Mapping[str, str], pipes: list[Connection]
) -> None:
    """Makes this process that of the command.

    Args:
        name: name of the command.
        arguments: its arguments.
        folder: its working directory.
        environment: its environment variables.
        pipes: standard output, standard error and, for a trial, the pipe to its sweep.
    """
    import heavy_imports

    from classifier.sweeps import process

    os.chdir(folder)
    os.environ.clear()
    os.environ.update({**heavy_imports.VARIABLES, **environment})
    for number, pipe in enumerate(pipes[:2], start=1):
        os.dup2(pipe.fileno(), number)
        pipe.close()
    if to_sweep := pipes[2:]:
        os.environ[DESCRIPTOR] = str(os.dup(to_sweep[0].fileno()))
        to_sweep[0].close()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's & would make it ignored
    if SERVER in environment:
        process.COMMAND = (*PYTHON, *process.COMMAND[1:])
    sys.argv = [name, *arguments]
    try:
        with unchecked_exports():
            runpy.run_module(f"classifier.{name}", run_name="__main__", alter_sys=True)
    finally:
        atexit._run_exitfuncs()


class Command:
    """A command that has been started, as `subprocess.Popen` with pipes.

    Args:
        name: name of the command.
        arguments: its arguments.
        folder: its working directory.
    """

    def __init__(self, name: str, *arguments: str, folder: Path) -> None:
        pipes = [FORKING.Pipe(duplex=False) for _ in range(2)]
        ends = [writing for _, writing in pipes]
        self.process = start_process(become, name, list(arguments), folder, dict(os.environ), ends)
        self.stdout, self.stderr = (os.fdopen(os.dup(reading.fileno()), encoding="utf-8") for reading, _ in pipes)
        for pipe in pipes:
            for end in pipe:
                end.close()

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid or 0, number)

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self) -> CompletedProcess[str]:
        """Waits for the end, and returns what is left of the output, and the exit code, negative for a signal."""
        errors: list[str] = []
        reader = threading.Thread(target=lambda: errors.append(self.stderr.read()))
        reader.start()
        too_long = threading.Timer(SECONDS, self.process.kill)
        too_long.start()
        try:
            with self.stdout, self.stderr:
                output = self.stdout.read()
                reader.join()
            self.process.join()
        finally:
            too_long.cancel()
        assert self.process.exitcode is not None
        return CompletedProcess(str(self.process), self.process.exitcode, output, errors[0])


def run_command(name: str, *arguments: str, folder: Path) -> CompletedProcess[str]:
    """Runs a command to its end, as `subprocess.run` with captured output."""
    return Command(name, *arguments, folder=folder).wait()
