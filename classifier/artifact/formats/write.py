"""Writes the chosen formats beside the SavedModel, each checked and measured as it lies there."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from classifier.artifact.formats.measure import LoadedModel, Measured, measure, probabilities
from classifier.start import kept_stderr

TOLERANCE = 1e-4  # largest difference allowed between a probability of float32 weights and the SavedModel's
MOST_TEXTS = 1000  # validation texts that are compared
WHOLE = ("savedmodel", "float32")  # is model/ itself


def write_formats(
    classifier,
    validated,
    model: Path,
    exports: Sequence[tuple[str, str]],
    texts: Sequence[str],
    labels: np.ndarray,
    folder: Path,
) -> tuple[list[Measured], list[str]]:
    """Writes <folder>/<format>/<weights>/ for each export; the folder appears, or is replaced, when all is in it.

    Args:
        classifier: trained, a `ClassifierModule`.
        validated: the same, with n-grams that have not seen validation; what each export loses is measured on it.
        model: folder of its SavedModel.
        exports: format and weights of each; of the SavedModel in float32 there is nothing to write.
        texts: of validation, at least one.
        labels: theirs, (texts,).
        folder: for the formats.

    Returns:
        A row for each export that was written, the SavedModel first, and a sentence for each that could not be.
    """
    step = -(-len(texts) // MOST_TEXTS)
    chosen, right = list(texts[::step]), labels[::step]
    expected = classifier.probabilities(chosen)
    whole = accuracy(validated.probabilities(chosen), right)
    rows = [measure(WHOLE, model, saved_model(model), chosen, expected, (whole, whole))]
    problems = []
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        (part / "new").mkdir()
        for kind, weights in exports:
            if (kind, weights) == WHOLE:
                continue
            place = part / "new" / kind / weights
            try:
                with kept_stderr():  # converters and interpreters say much of what goes well
                    answering = write_one(classifier, kind, weights, place)
                    twin = answering
                    if validated is not classifier:
                        twin = write_one(validated, kind, weights, part / "validated" / kind / weights)
                    accuracies = whole, accuracy(probabilities(twin, chosen), right)
                    row = measure((kind, weights), place, answering, chosen, expected, accuracies)
                rows.append(checked(row))
            except Exception as error:  # converters raise what they like, and no format is worth a trained model
                shutil.rmtree(place, ignore_errors=True)
                problems.append(f"{kind} with weights in {weights} could not be written: {first_line(error)}")
        if folder.exists():
            os.replace(folder, part / "replaced")
        os.replace(part / "new", folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return rows, problems


def write_one(classifier, kind: str, weights: str, place: Path) -> LoadedModel:
    """Writes one export and loads it from there."""
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


def accuracy(found: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean(found.argmax(1) == labels))


def saved_model(folder: Path) -> LoadedModel:
    """A SavedModel, loaded."""
    import tensorflow as tf

    from classifier.artifact.saved_model import SavedClassifier

    serve = SavedClassifier(folder).serve
    return LoadedModel(
        lambda texts: tf.constant([text.encode("utf-8", "replace") for text in texts]),
        lambda text: serve(text=text)["probabilities"].numpy(),
    )


def checked(row: Measured) -> Measured:
    """The row, where its weights are whole only if it gives the SavedModel's probabilities.

    Raises:
        ValueError: where it does not.
    """
    if row.weights == "float32" and not row.largest_difference <= TOLERANCE:
        raise ValueError(f"it differs from the SavedModel by {row.largest_difference:.2g} in a probability.")
    return row


def first_line(error: Exception) -> str:
    """What a converter says, without the dump of the graph that some append."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
