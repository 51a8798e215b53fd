"""Measures size, latency and loss of accuracy of each export from its files."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifier.tasks import Decision
from classifier.terminal import Table

BATCH = 64
LARGE = 256
SECONDS = 1.0  # per latency, after which no further round is started
MOST_ROUNDS = 30


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A loaded export.

    prepare: function from texts to the inputs of the model.
    run: function from the inputs to probabilities of shape (batch, classes).
    """

    prepare: Callable[[list[str]], Any]
    run: Callable[[Any], np.ndarray]


@dataclass(frozen=True, slots=True)
class Measured:
    """A row of formats.csv.

    megabytes: size of all necessary files, including tokenizer and n-grams.
    starts_from: strings, if the time includes tokenization, or ids.
    batch_1_ms, batch_256_ms: median milliseconds of one call.
    accuracy: validation accuracy of the same export of the model whose n-grams were not fitted on validation.
    accuracy_lost: difference from the accuracy in float32.
    calibration_error: expected calibration error on validation of the same export as for the accuracy.
    changed_labels: share of the validation texts whose label differs from the SavedModel in float32.
    largest_difference: largest difference of a probability from the SavedModel in float32.
    batch_difference: largest difference between the probabilities of a single text and of the same text in a batch.
    """

    format: str
    weights: str
    megabytes: float
    starts_from: str
    batch_1_ms: float
    batch_256_ms: float
    accuracy: float
    accuracy_lost: float
    calibration_error: float
    changed_labels: float
    largest_difference: float
    batch_difference: float


def measure(
    name: tuple[str, str],
    folder: Path,
    model: LoadedModel,
    texts: list[str],
    expected: np.ndarray,
    accuracies: tuple[float, float],
    calibration_error: float,
    decision: Decision,
) -> Measured:
    """Measures one export.

    Args:
        name: format and weights.
        folder: folder of the export, whose size is measured.
        model: the loaded export.
        texts: texts to classify, at least one.
        expected: probabilities of the SavedModel in float32, of shape (texts, classes).
        accuracies: validation accuracies in float32 and of this export.
        calibration_error: expected calibration error of this export on validation.
        decision: thresholds by which the model decides.
    """
    found, few = probabilities(model, texts), texts[:MOST_ROUNDS]
    alone = np.concatenate([model.run(model.prepare([text])) for text in few])
    whole, accuracy = accuracies
    many = (texts * -(-LARGE // len(texts)))[:LARGE]
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Measured(
        *name,
        round(size / 1e6, 3),
        "strings" if name[0] == "savedmodel" else "ids",
        milliseconds(model, [[text] for text in few]),
        milliseconds(model, [many] * MOST_ROUNDS),
        round(accuracy, 5),
        round(whole - accuracy, 5),
        round(calibration_error, 5),
        round(float((decision.answers(found) != decision.answers(expected)).any(axis=1).mean()), 5),
        float(f"{np.abs(found - expected).max():.2g}"),
        float(f"{np.abs(found[: len(few)] - alone).max():.2g}"),
    )


def probabilities(model: LoadedModel, texts: list[str]) -> np.ndarray:
    """Returns probabilities of shape (texts, classes)."""
    parts = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]
    return np.concatenate([model.run(model.prepare(part)) for part in parts])


def milliseconds(model: LoadedModel, batches: Sequence[list[str]]) -> float:
    """Returns the median time of a call, each after an untimed call with the same batch."""
    began, taken = time.perf_counter(), []
    for batch in batches:
        given = model.prepare(batch)
        model.run(given)
        start = time.perf_counter()
        model.run(given)
        taken.append(1000 * (time.perf_counter() - start))
        if time.perf_counter() - began > SECONDS:
            break
    return round(statistics.median(taken), 3)


def as_table(rows: Sequence[Measured]) -> Table:
    """Formats the rows as a table for the terminal."""
    numbers = ["MB", "ms, 1 text", "ms, 256", "accuracy lost", "calibration error", "changed"]
    table = Table(["export"], numbers, "Exports; SavedModels start from strings, the others from ids")
    for row in rows:
        table.add(
            f"{row.format} {row.weights}",
            f"{row.megabytes:.2f}",
            f"{row.batch_1_ms:.2f}",
            f"{row.batch_256_ms:.1f}",
            f"{row.accuracy_lost:+.4f}",
            f"{row.calibration_error:.4f}",
            f"{row.changed_labels:.1%}",
        )
    return table
