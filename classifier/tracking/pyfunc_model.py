"""The exported SavedModel as MLflow serves it: texts in; the label, its score and the probability of each label out.

MLflow copies this file next to the model, so it uses nothing of this package. As a service (`mlflow models serve`) it
refuses what would take its memory or time from everyone else; in a program or in Spark it takes as much as it is given.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

BATCH = 64  # rows at a time, so that memory does not grow with the table
SERVING = "_MLFLOW_IS_IN_SERVING_ENVIRONMENT"  # MLflow sets it in its server
PATTERN = frozenset("[]\\") - {os.sep}  # TensorFlow matches paths of variables as patterns, and finds none with these
MOST_TEXTS = 1_000  # in a request
MOST_CHARACTERS = 1_000_000  # in a request


class SavedModel(PythonModel):
    """Loads the SavedModel once and classifies texts.

    It takes a table with a column `text` or with a single column of any name, a Series, a list or one text, and
    answers with a table that has the same index. A missing text counts as an empty one; a service refuses it.
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
        joined = {name: [value for one in answers for value in one[name].numpy()] for name in ("label", "score")}
        rows = [row.tolist() for one in answers for row in one["probabilities"].numpy()]
        columns = {
            "label": [label.decode() for label in joined["label"]],
            "score": joined["score"],
            "probabilities": [dict(zip(self.label_names, row, strict=True)) for row in rows],
        }
        return pandas.DataFrame(columns, index=given.index)


@contextmanager
def plain_path(folder: str) -> Iterator[str]:
    """The folder under a path in which TensorFlow sees no pattern: its own, or that of a link to it."""
    if not PATTERN & set(folder):
        yield folder
        return
    with tempfile.TemporaryDirectory() as place:
        link = os.path.join(place, "model")
        os.symlink(os.path.abspath(folder), link, target_is_directory=True)
        yield link


def load(folder: str) -> Any:
    """The SavedModel, with the operations of tensorflow-text where it needs them."""
    import tensorflow as tf

    try:
        return tf.saved_model.load(folder)
    except Exception as error:
        if "Op type not registered" not in str(error):
            raise
        import tensorflow_text  # noqa: F401  # registers the operations of the wordpiece tokenizer

        return tf.saved_model.load(folder)


def text_column(given: Any, served: bool) -> Any:
    """The texts of a table, a dictionary of columns, a list or a single text, as a Series with the index of the table.

    A request names its column `text`, since the first row of a CSV file without a header would be taken for a name.

    Raises:
        MlflowException: if it is not clear which column holds the texts.
    """
    import pandas

    if isinstance(given, list) and given and all(isinstance(one, dict) for one in given):
        given = pandas.DataFrame(given)  # records
    if isinstance(given, dict | pandas.DataFrame):
        given = only_column(given, served)
    if isinstance(given, pandas.Series):
        return given
    given = plain(given)
    several = isinstance(given, list | tuple | pandas.Index | pandas.api.extensions.ExtensionArray)
    return pandas.Series(list(given) if several else [given], dtype=object)


def only_column(table: Any, served: bool) -> Any:
    """The column `text`; outside of requests, a single column may have any name."""
    columns = list(table)
    name = columns[0] if len(columns) == 1 and not served else "text"
    if columns.count(name) != 1:
        refuse(f"One column must be called text; there are: {', '.join(map(str, columns)) or 'none'}.")
    return table[name]


def plain(value: Any) -> Any:
    """NumPy's arrays and numbers, which MLflow's server makes of JSON, as Python's own."""
    import numpy

    return value.tolist() if isinstance(value, numpy.ndarray | numpy.generic) else value


def as_text(row: int, value: Any, served: bool) -> str:
    """A text; a missing one is empty, unless it came in a request.

    Raises:
        MlflowException: for any other value, and for a text that no file could hold.
    """
    from pandas import isna
    from pandas.api.types import is_scalar

    value = plain(value)
    if isinstance(value, str):
        if fault := fault_of(value):
            refuse(f"The text in row {row} has {fault}; send it without.")
        return value
    missing = is_scalar(value) and isna(value)
    if missing and not served:
        return ""
    found = "missing" if missing else f"{ascii(value)[:50]}, of type {type(value).__name__}"
    hint = " (Of text/csv, MLflow reads NA as missing and a column of numbers as numbers: send JSON.)"
    refuse(f"The text in row {row} is {found}; a text is a string.{hint if served and is_scalar(value) else ''}")


def refuse(sentence: str) -> NoReturn:
    """Raises the MlflowException that the server answers with status 400."""
    raise MlflowException.invalid_parameter_value(sentence)


def fault_of(text: str) -> str:
    """What JSON can escape and no file can hold; it is not part of any text that the model was trained on."""
    if "\0" in text:
        return "a NUL character"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "half a character (a lone surrogate)"
    return ""


def check_request(texts: Sequence[str]) -> None:
    """Raises MlflowException, which the server answers with status 400, where a request holds too much."""
    characters = sum(map(len, texts))
    for given, most, what in ((len(texts), MOST_TEXTS, "texts"), (characters, MOST_CHARACTERS, "characters")):
        if given > most:
            refuse(
                f"The request holds {given:,} {what}; this service takes {most:,} at once. Send them in several "
                "requests, or score them as a file with classifier.score."
            )


set_model(SavedModel())
