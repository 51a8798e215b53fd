"""Contenders that note when they work, instead of libraries."""

import os
import time
from pathlib import Path


class Toy:
    def __init__(self, name: str, diary: str) -> None:
        print("a library that prints")
        self.name, self.diary = name, Path(diary)

    def work(self, seconds: float = 0.0) -> dict[str, float]:
        began = time.monotonic()
        time.sleep(seconds)
        with self.diary.open("a") as file:
            file.write(f"{self.name} {os.getpid()}\n")
        return {"all": time.monotonic() - began}

    def fail(self) -> None:
        raise ValueError(f"{self.name} has no weights")

    def crash(self) -> None:
        os.write(2, b"out of memory\n")
        os._exit(3)

    def late(self) -> None:
        """Fails at the second call only."""
        if hasattr(self, "called"):
            self.fail()
        self.called = True


def broken(*_: str) -> Toy:
    raise ImportError("no module of that name")
