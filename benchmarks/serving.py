"""A registered model behind `mlflow models serve` on loopback: latency and errors under load, and bad requests.

    python benchmarks/serving.py models:/support@champion [--tracking-uri sqlite:///mlflow.db] [--seconds 20]

One text a request, of the embedded corpus; each client sends its next request when it has its answer.
"""

import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import cycle, islice
from pathlib import Path

from harness.machine import in_a_line, machine
from harness.markdown import table
from harness.project import door, embedded_texts
from harness.workers import last_line, start

START_SECONDS = 300
BAD = {
    "wrong key": json.dumps({"dataframe_records": [{"txt": "hello"}]}),
    "number for a string": json.dumps({"dataframe_records": [{"text": 7}]}),
    "10 MB text": json.dumps({"inputs": {"text": ["a" * 10_000_000]}}),
    "broken JSON": '{"inputs": {"text": ["hel',
    "10,000 texts": json.dumps({"inputs": {"text": ["hello"] * 10_000}}),
}


def main() -> None:
    parser = door(__doc__)
    parser.add_argument("model", help="models:/name@champion, or the folder of a logged model")
    parser.add_argument("--tracking-uri", default="sqlite:///mlflow.db")
    parser.add_argument("--seconds", type=float, default=20, help="for each number of clients")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    options = parser.parse_args()
    bodies = [json.dumps({"inputs": {"text": [text]}}) for text in embedded_texts()]
    facts = machine()
    with served(options.model, options.tracking_uri) as port:
        load(port, 1, min(2, options.seconds), bodies)  # warms up
        print(table([load(port, clients, options.seconds, bodies) for clients in options.clients]), flush=True)
        print(f"\n{table([refused(port, name, bodies[0]) for name in BAD])}\n")
    print(in_a_line([facts]))


@contextmanager
def served(model: str, tracking_uri: str) -> Iterator[int]:
    """The port of a server with one worker, which is stopped at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["-m", "mlflow", "models", "serve", "-m", model, "--env-manager", "local"]
    command += ["-h", "127.0.0.1", "-p", str(port), "-w", "1"]
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # where MLflow looks for uvicorn
        "MLFLOW_TRACKING_URI": tracking_uri,
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.txt"
        process = start(command, log, environment, start_new_session=True)
        try:
            wait_for(process, port, log)
            yield port
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def wait_for(process: subprocess.Popen[str], port: int, log: Path) -> None:
    """Until the server answers."""
    began = time.monotonic()
    while True:
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/ping")
            if connection.getresponse().status == 200:
                return
        if process.poll() is not None or time.monotonic() - began > START_SECONDS:
            raise SystemExit(f"The server did not start: {last_line(log)}")
        time.sleep(0.5)


def post(connection: http.client.HTTPConnection, body: str) -> tuple[int, str]:
    """Status and answer."""
    connection.request("POST", "/invocations", body.encode(), {"content-type": "application/json"})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def load(port: int, clients: int, seconds: float, bodies: list[str]) -> dict[str, object]:
    """What so many clients find, each of which sends a request after the other."""
    began = time.monotonic()

    def client(number: int) -> list[tuple[float, bool]]:
        """Milliseconds of each request, and whether it was answered well."""
        connection, found = http.client.HTTPConnection("127.0.0.1", port, timeout=120), []
        for body in islice(cycle(bodies), number * 31, None):
            sent = time.perf_counter()
            if time.monotonic() - began > seconds:
                break
            try:
                good = post(connection, body)[0] == 200
            except (OSError, http.client.HTTPException):
                good = False
                connection.close()
            found.append((1000 * (time.perf_counter() - sent), good))
        return found

    with ThreadPoolExecutor(clients) as threads:
        found = [one for of_client in threads.map(client, range(clients)) for one in of_client]
    spent, took = time.monotonic() - began, [milliseconds for milliseconds, _ in found]
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    return {
        "clients": clients,
        "requests": f"{len(took):,}",
        "requests/s": f"{len(took) / spent:.1f}",
        "p50, ms": f"{cuts[49]:.1f}",
        "p99, ms": f"{cuts[98]:.1f}",
        "errors": sum(not good for _, good in found),
    }


def refused(port: int, name: str, good: str) -> dict[str, object]:
    """The answer to a bad request, and the status of a good one after it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    status, answer = post(connection, BAD[name])
    message = json.loads(answer)["message"].rpartition("Error: ")[2].splitlines()[0][:160]
    return {"bad request": name, "status": status, "answer": message, "the next, good one": post(connection, good)[0]}


if __name__ == "__main__":
    main()
