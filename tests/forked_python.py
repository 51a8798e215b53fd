"""Takes the place of the interpreter in `python -m classifier.train ...`, and lets the tests' server fork the process.

python tests/forked_python.py -m classifier.train ...

The environment variable SERVER is the `forked_commands.address` of the server.
"""

import os
import signal
import sys
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path

from forked_commands import FORKING, SERVER, become

from classifier.pipeline.connection import DESCRIPTOR


def main() -> None:
    """Runs the module in the arguments, and ends as it ended."""
    server = forkserver._forkserver
    server._forkserver_address, server._forkserver_alive_fd = os.environ[SERVER], os.pipe()[1]
    server.ensure_running = lambda: None  # it belongs to another process
    _, module, *arguments = sys.argv[1:]
    descriptors = [1, 2, *([int(os.environ[DESCRIPTOR])] if DESCRIPTOR in os.environ else [])]
    pipes = [Connection(os.dup(number), readable=False) for number in descriptors]
    name = module.removeprefix("classifier").removeprefix(".") or "__main__"
    process = FORKING.Process(target=become, args=(name, arguments, Path.cwd(), dict(os.environ), pipes))
    process.start()
    process.join()
    code = process.exitcode or 0
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    main()
