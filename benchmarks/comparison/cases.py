"""What is compared, and how a case is measured: a data set, method and seed in a process of its own."""

import json
import shlex
import shutil
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from harness.project import ROOT
from harness.workers import Worker, run

DATA = ["imdb", "sst2", "sst2_phrases", "trec6", "banking77", "clinc150", "newsgroups20", "germeval2018", "embedded"]
BASELINES = {
    "majority": "majority class",
    "logistic": "logistic regression",
    "linear_svc": "linear SVC",
    "nb_svm": "NB-SVM",
    "fasttext": "fastText",
    "fasttext_autotune": "fastText autotuned",
}
METHODS = {**BASELINES, "ours": "ours, defaults", "ours_experiment": "ours, kept experiment"}


class Case(NamedTuple):
    """`seed` is None for a baseline, which is measured once."""

    data: str
    method: str
    seed: int | None = None

    @property
    def name(self) -> str:
        """Its folder below the output folder: trec6/ours-1, trec6/nb_svm."""
        return f"{self.data}/{self.method}" + ("" if self.seed is None else f"-{self.seed}")

    def measure(self, output: Path) -> dict[str, Any]:
        """Seconds, memory and size of a process, what it chose, and where its predictions are."""
        folder = (output / self.name).absolute()
        shutil.rmtree(folder, ignore_errors=True)  # what an interrupted process left
        if self.method in BASELINES:
            with Worker(self.name, "comparison.baselines", log=folder / "log.txt") as worker:
                found = worker.ask("measure", data=self.data, baseline=self.method, folder=str(folder))
                usage = worker.close()
        else:
            choice = "recipe" if self.method == "ours_experiment" else "data"
            return training([f"{choice}={self.data}", f"seed={self.seed}"], folder, output)
        return found | {"wall_seconds": usage.seconds, "peak_memory_mb": usage.peak_memory_mb}


def training(settings: Sequence[str], folder: Path, output: Path) -> dict[str, Any]:
    """Seconds, memory and size of a training of ours, and where its predictions are."""
    places = [f"hydra.run.dir={folder}/run", f"tracking.uri=sqlite:///{output.absolute()}/mlflow.db"]
    usage = run(["-m", "classifier.train", *settings, *places], folder / "log.txt")
    summary = json.loads((folder / "run" / "summary.json").read_text())
    model = Path(summary["model"])
    return {
        "settings": shlex.join(settings),
        "choosing_seconds": 0.0,
        "training_seconds": summary["training_seconds"],
        "model_mb": sum(one.stat().st_size for one in model.rglob("*") if one.is_file()) / 2**20,
        "predictions": "run/report/test/predictions.parquet",
        "accuracy": {split: summary["metrics"][split]["accuracy"] for split in ("valid", "test")},
        "wall_seconds": usage.seconds,
        "peak_memory_mb": usage.peak_memory_mb,
    }


def cases(data: Sequence[str], methods: Sequence[str], seeds: Sequence[int]) -> Iterator[Case]:
    """What is to be measured, the quick methods of a data set first; no experiment if no recipe describes it."""
    for name, method in product(data, methods):
        if method in BASELINES:
            yield Case(name, method)
        elif method == "ours" or (ROOT / "conf" / "recipe" / f"{name}.yaml").exists():
            yield from (Case(name, method, seed) for seed in seeds)
