"""The exported SavedModel as MLflow serves it: a table with a column `text` in, label, score and probabilities out.

MLflow copies this file beside the model, so it uses nothing of this package. As a service (`mlflow models serve`) it
refuses what would take its memory or time from everyone else; in a program or in Spark it takes what it is given.
"""

import os
from collections.abc import Sequence

from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

BATCH = 64  # rows at a time, so that memory does not grow with the table
SERVING = "_MLFLOW_IS_IN_SERVING_ENVIRONMENT"  # MLflow sets it in its server
MOST_TEXTS = 1_000  # in a request
MOST_CHARACTERS = 1_000_000  # in a request


class SavedModel(PythonModel):
    """Loads the SavedModel once and classifies tables of texts; a missing text counts as an empty one."""

    def load_context(self, context):
        import tensorflow as tf

        folder = context.artifacts["saved_model"]
        try:
            self.loaded = tf.saved_model.load(folder)
        except Exception as error:
            if "Op type not registered" not in str(error):
                raise
            import tensorflow_text  # noqa: F401  # registers the operations of the wordpiece tokenizer

            self.loaded = tf.saved_model.load(folder)

    def predict(self, context, model_input, params=None):
        import pandas
        import tensorflow as tf

        serve = self.loaded.signatures["serving_default"]
        given = list(model_input["text"])
        if len(given) == 1 and not pandas.api.types.is_scalar(given[0]):
            given = list(given[0])  # {"inputs": {"text": [...]}} comes as one row that holds the list
        texts = [as_text(row, value) for row, value in enumerate(given)]
        if os.environ.get(SERVING) == "true":
            check_request(texts)
        answers = [serve(text=tf.constant(texts[start : start + BATCH])) for start in range(0, len(texts), BATCH)]
        joined = {name: [value for one in answers for value in one[name].numpy()] for name in ("label", "score")}
        probabilities = [row.tolist() for one in answers for row in one["probabilities"].numpy()]
        labels = [label.decode() for label in joined["label"]]
        return pandas.DataFrame({"label": labels, "score": joined["score"], "probabilities": probabilities})


def as_text(row: int, value) -> str:
    """A text; a missing one is empty. Raises MlflowException for any other value."""
    from pandas import isna
    from pandas.api.types import is_scalar

    if isinstance(value, str):
        return value
    if is_scalar(value) and isna(value):
        return ""
    raise MlflowException.invalid_parameter_value(
        f"The text in row {row} is {str(value)[:50]}, of type {type(value).__name__}; a text is a string, or missing."
    )


def check_request(texts: Sequence[str]) -> None:
    """Raises MlflowException, which the server answers with status 400, where a request holds too much."""
    characters = sum(map(len, texts))
    for given, most, what in ((len(texts), MOST_TEXTS, "texts"), (characters, MOST_CHARACTERS, "characters")):
        if given > most:
            raise MlflowException.invalid_parameter_value(
                f"The request holds {given:,} {what}; this service takes {most:,} at once. Send them in several "
                "requests, or score them as a file with classifier.score."
            )


set_model(SavedModel())
