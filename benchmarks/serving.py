"""A registered model behind `mlflow models serve` on loopback: latency and errors under load, and bad requests.

    python benchmarks/serving.py models:/support@champion [--tracking-uri sqlite:///mlflow.db] [--seconds 20]

One text a request, of the embedded corpus; each client sends its next request when it has its answer.
"""

import argparse
import csv
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import cycle, islice
from pathlib import Path

CORPUS = Path(__file__).parents[1] / "classifier" / "data" / "embedded" / "train.csv"
CLIENTS = (1, 8, 32)
START_SECONDS = 300
BAD = {
    "wrong key": json.dumps({"dataframe_records": [{"txt": "hello"}]}),
    "number for a string": json.dumps({"dataframe_records": [{"text": 7}]}),
    "10 MB text": json.dumps({"inputs": {"text": ["a" * 10_000_000]}}),
    "broken JSON": '{"inputs": {"text": ["hel',
    "10,000 texts": json.dumps({"inputs": {"text": ["hello"] * 10_000}}),
}


@contextmanager
def served(model: str, tracking_uri: str) -> Iterator[int]:
    """The port of a server with one worker, which is stopped at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["models", "serve", "-m", model, "--env-manager", "local", "-h", "127.0.0.1", "-p", str(port), "-w", "1"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # where MLflow looks for uvicorn
    process = subprocess.Popen(
        [sys.executable, "-m", "mlflow", *command],
        env={
            **os.environ,
            "PATH": path,
            "MLFLOW_TRACKING_URI": tracking_uri,
            "MLFLOW_DISABLE_TELEMETRY": "true",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        began = time.monotonic()
        while not healthy(port):
            if process.poll() is not None or time.monotonic() - began > START_SECONDS:
                raise SystemExit(f"The server did not start; try: mlflow {' '.join(command)}")
            time.sleep(0.5)
        print(f"Ready after {time.monotonic() - began:.0f} s", flush=True)
        yield port
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with suppress(OSError):
        connection.request("GET", "/ping")
        return connection.getresponse().status == 200
    return False


def post(connection: http.client.HTTPConnection, body: str) -> tuple[int, str]:
    """Status and answer."""
    connection.request("POST", "/invocations", body.encode(), {"content-type": "application/json"})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def load(port: int, clients: int, seconds: float, bodies: list[str]) -> tuple[list[float], int, float]:
    """Milliseconds of each answered request, the number of errors, and the seconds that it all took."""
    took: list[float] = []
    errors: list[str] = []
    end = time.monotonic() + seconds

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        for body in islice(cycle(bodies), number * 31, None):
            began = time.perf_counter()
            if time.monotonic() > end:
                return
            try:
                status, answer = post(connection, body)
            except (OSError, http.client.HTTPException) as error:
                errors.append(repr(error))
                connection.close()
                continue
            took.append(1000 * (time.perf_counter() - began))
            if status != 200:
                errors.append(answer)

    began = time.monotonic()
    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took, len(errors), time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="models:/name@champion, or the folder of a logged model")
    parser.add_argument("--tracking-uri", default="sqlite:///mlflow.db")
    parser.add_argument("--seconds", type=float, default=20, help="for each number of clients")
    options = parser.parse_args()
    with CORPUS.open(newline="", encoding="utf-8") as file:
        bodies = [json.dumps({"inputs": {"text": [row["text"]]}}) for row in csv.DictReader(file)]
    with served(options.model, options.tracking_uri) as port:
        load(port, 1, 2, bodies)  # warms up
        print("\n| clients | requests | requests/s | p50, ms | p99, ms | errors |\n|---:|---:|---:|---:|---:|---:|")
        for clients in CLIENTS:
            took, errors, seconds = load(port, clients, options.seconds, bodies)
            cuts = statistics.quantiles(took, n=100, method="inclusive")
            rate = len(took) / seconds
            print(
                f"| {clients} | {len(took):,} | {rate:.1f} | {cuts[49]:.1f} | {cuts[98]:.1f} | {errors} |", flush=True
            )
        print("\n| bad request | status | answer | the next, good one |\n|---|---:|---|---:|")
        for name, body in BAD.items():
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            status, answer = post(connection, body)
            message = json.loads(answer)["message"].rpartition("Error: ")[2].splitlines()[0][:160]
            print(f"| {name} | {status} | {message} | {post(connection, bodies[0])[0]} |", flush=True)
    print(f"\nLoad of the machine at the end (1, 5, 15 minutes): {', '.join(f'{one:.1f}' for one in os.getloadavg())}")


if __name__ == "__main__":
    main()
