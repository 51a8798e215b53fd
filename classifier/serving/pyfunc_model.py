"""The exported SavedModel as MLflow serves it: a table with a column `text` in, label, score and probabilities out.

MLflow copies this file beside the model, so it uses nothing of this package.
"""

from mlflow.models import set_model
from mlflow.pyfunc import PythonModel


class SavedModel(PythonModel):
    """Loads the SavedModel once and classifies tables of texts."""

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

        texts = ["" if text is None else str(text) for text in model_input["text"]]
        result = self.loaded.signatures["serving_default"](text=tf.constant(texts, tf.string))
        return pandas.DataFrame(
            {
                "label": [label.decode() for label in result["label"].numpy()],
                "score": result["score"].numpy(),
                "probabilities": result["probabilities"].numpy().tolist(),
            }
        )


set_model(SavedModel())
