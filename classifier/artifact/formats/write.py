"""Writes the chosen formats next to the SavedModel, and checks and measures each of them."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from classifier.artifact.formats.measure import LoadedModel, Measured, measure, probabilities
from classifier.evaluation.calibration import reliability_bins
from classifier.evaluation.scored import Scored
from classifier.start import kept_stderr
from classifier.tasks import Decision

TOLERANCE = 1e-4  # maximum difference between probabilities with float32 weights and those of the SavedModel
MOST_TEXTS = 1000  # number of validation texts that are compared
WHOLE = ("savedmodel", "float32")  # the folder model/ itself


def write_formats(
    classifier,
    validated,
    model: Path,
    exports: Sequence[tuple[str, str]],
    texts: Sequence[str],
    labels: np.ndarray,
    folder: Path,
) -> tuple[list[Measured], list[str]]:
    """Writes <folder>/<format>/<weights>/ for each export; the folder is created or replaced once it is complete.

    Args:
        classifier: the trained `ClassifierModule`.
        validated: the same model with n-grams that were not fitted on validation, to measure losses of accuracy.
        model: folder of the SavedModel.
        exports: format and weights of each export; the SavedModel in float32 already exists and is skipped.
        texts: validation texts, at least one.
        labels: labels of the texts; see `Examples`.
        folder: folder of the formats.

    Returns:
        A row for each export that was written, starting with the SavedModel, and an error message for each other.
    """
    step = -(-len(texts) // MOST_TEXTS)
    chosen, right = list(texts[::step]), labels[::step]
    expected = classifier.probabilities(chosen)
    decision = classifier.decision
    found = validated.probabilities(chosen)
    whole, error = accuracy(decision, found, right), calibration_error(found, right)
    rows = [measure(WHOLE, model, saved_model(model), chosen, expected, (whole, whole), error, decision)]
    problems = []
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        (part / "new").mkdir()
        for kind, weights in exports:
            if (kind, weights) == WHOLE:
                continue
            place = part / "new" / kind / weights
            try:
                with kept_stderr():  # converters and interpreters print many irrelevant messages
                    answering = write_one(classifier, kind, weights, place)
                    twin = answering
                    if validated is not classifier:
                        twin = write_one(validated, kind, weights, part / "validated" / kind / weights)
                    found = probabilities(twin, chosen)
                    accuracies, error = (whole, accuracy(decision, found, right)), calibration_error(found, right)
                    row = measure((kind, weights), place, answering, chosen, expected, accuracies, error, decision)
                rows.append(checked(row))
            except Exception as error:  # converters raise arbitrary exceptions, which must not stop the training
                shutil.rmtree(place, ignore_errors=True)
                problems.append(f"{kind} with weights in {weights} could not be written: {first_line(error)}")
        if folder.exists():
            os.replace(folder, part / "replaced")
        os.replace(part / "new", folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return rows, problems


def write_one(classifier, kind: str, weights: str, place: Path) -> LoadedModel:
    """Writes an export and loads it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if kind == "savedmodel":
        from classifier.artifact.formats.halves import write_halves

        write_halves(classifier, weights, place)
        return saved_model(place)
    from classifier.artifact.formats import classify
    from classifier.artifact.formats.core import Core
    from classifier.artifact.formats.tokenizer_data import write_data

    place.mkdir()
    if kind == "onnx":
        from classifier.artifact.formats.onnx import write_onnx

        write_onnx(Core(classifier), weights, place / "model.onnx")
    else:
        from classifier.artifact.formats.litert import write_litert

        write_litert(Core(classifier), weights, place / "model.tflite")
    write_data(classifier, place)
    shutil.copyfile(classify.__file__, place / "classify.py")
    loaded = classify.Classifier(place)
    return LoadedModel(loaded.inputs, loaded.run)


def accuracy(decision: Decision, found: np.ndarray, labels: np.ndarray) -> float:
    """Returns the share of right answers."""
    return float(decision.right(found, labels).mean())


def calibration_error(found: np.ndarray, labels: np.ndarray) -> float:
    """Returns the expected calibration error of probabilities (texts, classes)."""
    names = [str(number) for number in range(found.shape[1])]
    return reliability_bins(Scored(labels, found, names)).calibration_error


def saved_model(folder: Path) -> LoadedModel:
    """Loads a SavedModel."""
    import tensorflow as tf

    from classifier.artifact.saved_model import SavedClassifier

    serve = SavedClassifier(folder).serve
    return LoadedModel(
        lambda texts: tf.constant([text.encode("utf-8", "replace") for text in texts]),
        lambda text: serve(text=text)["probabilities"].numpy(),
    )


def checked(row: Measured) -> Measured:
    """Checks that an export with float32 weights has the probabilities of the SavedModel, and returns the row.

    Raises:
        ValueError: if a probability differs.
    """
    if row.weights == "float32" and not row.largest_difference <= TOLERANCE:
        raise ValueError(f"it differs from the SavedModel by {row.largest_difference:.2g} in a probability.")
    return row


def first_line(error: Exception) -> str:
    """Returns the first line of an error message, without the dump of the graph that some converters append."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
