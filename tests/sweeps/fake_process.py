"""A simulated trial in the process of its sweep."""

import socket
from collections.abc import Callable
from pathlib import Path

from mlflow import MlflowClient

from classifier.sweeps.process import Ended
from classifier.sweeps.trial import split_override

EPOCHS = 3


class FakeProcess:
    """Replaces the process of a trial, and reports three epochs with metrics that `score` computes from settings."""

    score: Callable[[dict[str, str]], float | Ended]
    started: list[dict[str, str]]
    uri: str

    @staticmethod
    def validated_on(values: dict[str, str]) -> str:
        """Returns the hash of the validation examples."""
        return "the same"

    def __init__(self, overrides, log: Path, threads: int) -> None:
        self.values = {key: value.strip("'") for key, value in map(split_override, overrides)}
        self.started.append(self.values)

    def wait(self, on_epoch) -> Ended:
        score, client, run_id = type(self).score(self.values), MlflowClient(self.uri), self.values["tracking.run_id"]
        if isinstance(score, Ended):
            return score
        client.set_tag(run_id, "valid.content", type(self).validated_on(self.values))
        for epoch in range(1, EPOCHS + 1):
            value = score * epoch / EPOCHS
            client.log_metric(run_id, "epoch/valid.macro_f1", value, step=epoch)
            if on_epoch({"epoch": epoch, "valid.macro_f1": value}):
                return Ended(0, "")
        client.log_metric(run_id, "valid.macro_f1", score)
        client.log_metric(run_id, "parameters", 1000 * (1 + int(self.values.get("encoder.depth", 1))))
        if self.values.get("trainer.validation_only") != "true":
            client.log_metric(run_id, "test.macro_f1", score / 2)
        return Ended(0, "")

    def kill(self) -> None:
        pass


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
