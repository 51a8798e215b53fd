"""A registered model behind `mlflow models serve` on loopback: latency and errors under load, and bad requests.

    python benchmarks/serving.py models:/support@champion [--tracking-uri sqlite:///mlflow.db] [--seconds 20]

One text a request, of the embedded corpus; each client sends its next request when it has its answer.
"""

import json
import os
import signal
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import cycle, islice
from pathlib import Path

from harness.machine import in_a_line, machine
from harness.markdown import table
from harness.project import door, embedded_texts
from harness.workers import last_line, start
from urllib3 import HTTPConnectionPool
from urllib3.exceptions import HTTPError

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
        load_row(port, 1, min(2, options.seconds), bodies)  # warms up
        print(table([load_row(port, clients, options.seconds, bodies) for clients in options.clients]), flush=True)
        rows = []
        for name, body in BAD.items():
            answer, good = (connected(port).request("POST", "/invocations", body=one) for one in (body, bodies[0]))
            message = answer.json()["message"].rpartition("Error: ")[2].splitlines()[0][:160]
            status = {"status": answer.status, "answer": message, "the next, good one": good.status}
            rows.append({"bad request": name, **status})
        print(f"\n{table(rows)}\n")
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
        log, began, ready = Path(folder) / "log.txt", time.monotonic(), False
        process = start(command, log, environment, start_new_session=True)
        try:
            while not ready:
                if process.poll() is not None or time.monotonic() - began > START_SECONDS:
                    raise SystemExit(f"The server did not start: {last_line(log)}")
                time.sleep(0.5)
                with suppress(HTTPError):
                    ready = connected(port).request("GET", "/ping").status == 200
            yield port
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def connected(port: int) -> HTTPConnectionPool:
    """A single connection, which stays open."""
    headers = {"content-type": "application/json"}
    return HTTPConnectionPool("127.0.0.1", port, timeout=120, headers=headers, retries=False)


def load_row(port: int, clients: int, seconds: float, bodies: Sequence[str]) -> dict[str, object]:
    """What a number of clients find, each of which sends one request after the other."""
    began = time.monotonic()

    def client(number: int) -> list[tuple[float, bool]]:
        """Milliseconds of each request, and whether it was answered well."""
        connection, found = connected(port), []
        for body in islice(cycle(bodies), number * 31, None):
            sent, good = time.perf_counter(), False
            if time.monotonic() - began > seconds:
                break
            with suppress(HTTPError):
                good = connection.request("POST", "/invocations", body=body).status == 200
            found.append((1000 * (time.perf_counter() - sent), good))
        return found

    with ThreadPoolExecutor(clients) as threads:
        found = [one for of_client in threads.map(client, range(clients)) for one in of_client]
    spent, took = time.monotonic() - began, [milliseconds for milliseconds, _ in found]
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    row = {"clients": clients, "requests": f"{len(took):,}", "requests/s": f"{len(took) / spent:.1f}"}
    return row | {
        "p50, ms": f"{cuts[49]:.1f}",
        "p99, ms": f"{cuts[98]:.1f}",
        "errors": sum(not good for _, good in found),
    }


if __name__ == "__main__":
    main()
