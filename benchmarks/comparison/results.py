"""What is compared, and the folder in which each result lies.

A folder holds result.json, which is written last, the log of the process and the predictions of the test split. Nothing
heavy is imported here: a measured process inherits the peak memory of the one that starts it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from classifier.command_line.choices import CONF
from classifier.command_line.run import write_summary

DATA = (
    "imdb",
    "sst2",
    "sst2_phrases",
    "trec6",
    "banking77",
    "clinc150",
    "newsgroups20",
    "germeval2018",
    "embedded",
)
BASELINES = {
    "majority": "majority class",
    "logistic": "logistic regression",
    "linear_svc": "linear SVC",
    "nb_svm": "NB-SVM",
    "fasttext": "fastText",
    "fasttext_autotune": "fastText autotuned",
}
OURS = {"ours": "ours, defaults", "ours_experiment": "ours, kept experiment"}
METHODS = BASELINES | OURS
SEEDS = (0, 1, 2)


@dataclass(frozen=True, slots=True)
class Case:
    """One process to measure; `seed` is None for a baseline, which is measured once."""

    data: str
    method: str
    seed: int | None = None

    @property
    def name(self) -> str:
        """Its folder below the output folder.

        >>> Case("trec6", "ours", 1).name, Case("trec6", "nb_svm").name
        ('trec6/ours-1', 'trec6/nb_svm')
        """
        return f"{self.data}/{self.method}" + ("" if self.seed is None else f"-{self.seed}")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where and with what a result was measured."""

    date: str
    commit: str
    python: str
    processor: str
    cores: int


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured of one process, and where its predictions are."""

    data: str
    method: str
    seed: int | None
    settings: str  # what validation chose, or the overrides of ours
    choosing_seconds: float  # fits on train, scored on valid
    training_seconds: float  # the final fit on train and valid together; of ours, the epochs
    wall_seconds: float  # the whole process: imports, reading, choosing, training, scoring of the test split
    peak_memory_mb: float  # largest resident memory of the process
    model_mb: float  # on disk
    predictions: str  # Parquet, below the result's folder
    surroundings: Surroundings


def has_experiment(data: str) -> bool:
    """Whether there is an experiment file of this name."""
    return (CONF / "recipe" / f"{data}.yaml").exists()


def cases(data: Sequence[str], methods: Sequence[str], seeds: Sequence[int]) -> Iterator[Case]:
    """What is to be measured, the quick methods of a data set first; no experiment where no file describes one."""
    for name in data:
        for method in methods:
            if method in BASELINES:
                yield Case(name, method)
            elif method == "ours" or has_experiment(name):
                yield from (Case(name, method, seed) for seed in seeds)


def write_result(folder: Path, result: Result) -> None:
    """Writes result.json whole or not at all."""
    write_summary(folder / "result.json", asdict(result))


def read_result(output: Path, case: Case) -> Result | None:
    """The result of an earlier measurement, or None."""
    path = output / case.name / "result.json"
    if not path.exists():
        return None
    values = json.loads(path.read_text())
    return Result(**{**values, "surroundings": Surroundings(**values["surroundings"])})
