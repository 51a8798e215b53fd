"""Serves the exported SavedModel with MLflow: returns the label, its score and the probability of each label.

A model that decides on its answers also returns `accepted`, `label_set` and `labels`.

MLflow copies this file next to the model, so it does not import this package. As a service (`mlflow models serve`) it
limits the size of requests, which share memory and time; in a program or in Spark there is no limit.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

BATCH = 64  # rows per batch, so that memory does not grow with the table
SERVING = "_MLFLOW_IS_IN_SERVING_ENVIRONMENT"  # set by MLflow's server
PATTERN = frozenset("[]\\") - {
    os.sep
}  # TensorFlow reads paths of variables as patterns, and fails for these characters
MOST_TEXTS = 1_000  # per request
MOST_CHARACTERS = 1_000_000  # per request


class SavedModel(PythonModel):
    """Loads the SavedModel once and classifies texts.

    The input is a table with a column `text` or with a single column of any name, a Series, a list or a single text;
    the output is a table with the same index. Missing texts count as empty, but are an error in a service.
    """

    def load_context(self, context):
        with plain_path(context.artifacts["saved_model"]) as folder:
            self.loaded = load(folder)
        names = self.loaded.signatures["label_names"]()["label_names"].numpy()
        self.label_names = [name.decode() for name in names]

    def predict(self, context, model_input, params=None):
        import pandas
        import tensorflow as tf

        serve = self.loaded.signatures["serving_default"]
        served = os.environ.get(SERVING) == "true"
        given = text_column(model_input, served)
        texts = [as_text(row, value, served) for row, value in enumerate(given)]
        if served:
            check_request(texts)
        answers = [serve(text=tf.constant(texts[start : start + BATCH])) for start in range(0, len(texts), BATCH)]
        joined = {name: [value for answer in answers for value in answer[name].numpy()] for name in ("label", "score")}
        rows = [row.tolist() for answer in answers for row in answer["probabilities"].numpy()]
        columns = {
            "label": [label.decode() for label in joined["label"]],
            "score": joined["score"],
            "probabilities": [dict(zip(self.label_names, row, strict=True)) for row in rows],
        }
        if answers and "accepted" in answers[0]:
            columns["accepted"] = [bool(value) for answer in answers for value in answer["accepted"].numpy()]
        for name in ("label_set", "labels"):
            if answers and name in answers[0]:
                sets = [row for answer in answers for row in answer[name].numpy()]
                columns[name] = [[label.decode() for label in row if label] for row in sets]
        return pandas.DataFrame(columns, index=given.index)


@contextmanager
def plain_path(folder: str) -> Iterator[str]:
    """Yields a path of the folder that TensorFlow does not read as a pattern, with a symbolic link if necessary."""
    if not PATTERN & set(folder):
        yield folder
        return
    with tempfile.TemporaryDirectory() as place:
        link = os.path.join(place, "model")
        os.symlink(os.path.abspath(folder), link, target_is_directory=True)
        yield link


def load(folder: str) -> Any:
    """Loads the SavedModel, with the operations of tensorflow-text if the model needs them."""
    import tensorflow as tf

    try:
        return tf.saved_model.load(folder)
    except Exception as error:
        if "Op type not registered" not in str(error):
            raise
        import tensorflow_text  # noqa: F401  # registers the operations of the wordpiece tokenizer

        return tf.saved_model.load(folder)


def text_column(given: Any, served: bool) -> Any:
    """Returns the texts of a table, a dictionary of columns, a list or a single text as a Series with its index.

    In a request, the column must be named `text`; otherwise the first row of a CSV file without a header would be
    taken for the name.

    Raises:
        MlflowException: if it is not clear which column contains the texts.
    """
    import pandas

    if isinstance(given, list) and given and all(isinstance(record, dict) for record in given):
        given = pandas.DataFrame(given)  # records
    if isinstance(given, dict | pandas.DataFrame):
        given = only_column(given, served)
    if isinstance(given, pandas.Series):
        return given
    given = plain(given)
    several = isinstance(given, list | tuple | pandas.Index | pandas.api.extensions.ExtensionArray)
    return pandas.Series(list(given) if several else [given], dtype=object)


def only_column(table: Any, served: bool) -> Any:
    """Returns the column `text`; outside of requests, a single column may have any name."""
    columns = list(table)
    name = columns[0] if len(columns) == 1 and not served else "text"
    if columns.count(name) != 1:
        reject(f"One column must be called text; there are: {', '.join(map(str, columns)) or 'none'}.")
    return table[name]


def plain(value: Any) -> Any:
    """Converts the NumPy arrays and numbers that MLflow's server creates from JSON to Python objects."""
    import numpy

    return value.tolist() if isinstance(value, numpy.ndarray | numpy.generic) else value


def as_text(row: int, value: Any, served: bool) -> str:
    """Returns the text; a missing text is empty outside of requests.

    Raises:
        MlflowException: for any other value, and for a text that a file cannot contain.
    """
    from pandas import isna
    from pandas.api.types import is_scalar

    value = plain(value)
    if isinstance(value, str):
        if fault := fault_of(value):
            reject(f"The text in row {row} has {fault}; send it without.")
        return value
    missing = is_scalar(value) and isna(value)
    if missing and not served:
        return ""
    found = "missing" if missing else f"{ascii(value)[:50]}, of type {type(value).__name__}"
    hint = " (Of text/csv, MLflow reads NA as missing and a column of numbers as numbers: send JSON.)"
    reject(f"The text in row {row} is {found}; a text is a string.{hint if served and is_scalar(value) else ''}")


def reject(message: str) -> NoReturn:
    """Raises the MlflowException for which the server returns status 400."""
    raise MlflowException.invalid_parameter_value(message)


def fault_of(text: str) -> str:
    """Names a character that JSON can escape but a file cannot contain, and therefore no training text contained."""
    if "\0" in text:
        return "a NUL character"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "half a character (a lone surrogate)"
    return ""


def check_request(texts: Sequence[str]) -> None:
    """Rejects a request that is too large."""
    characters = sum(map(len, texts))
    for given, most, what in ((len(texts), MOST_TEXTS, "texts"), (characters, MOST_CHARACTERS, "characters")):
        if given > most:
            reject(
                f"The request holds {given:,} {what}; this service takes {most:,} at once. Send them in several "
                "requests, or score them as a file with classifier.score."
            )


set_model(SavedModel())
