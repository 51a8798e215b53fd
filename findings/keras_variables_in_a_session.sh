#!/usr/bin/env bash
# A Keras model held by a tf.Module, saved with tf.saved_model.save.
# Expected: every loader of SavedModels answers alike.
# Seen (Keras 3.15.1, TensorFlow 2.21.0): Python's loader answers; the session loader, which TensorFlow Serving and the
#   Java, Go and Rust bindings share, fails on each request with "Could not find variable". The checkpoint restores
#   Keras's own variable object, and the graph reads the tf.Variable inside it, which nothing in the object graph names.
# Cure: make the inner variables attributes of the module: self.inner = [v.value for v in model.variables].
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q keras==3.15.1 tensorflow==2.21.0
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 venv/bin/python - <<'PYTHON'
import keras
import numpy as np
import tensorflow as tf


class Scorer(tf.Module):
    def __init__(self, model, hold):
        super().__init__()
        self.model = model
        if hold:
            self.inner = [variable.value for variable in model.variables]

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="x")])
    def score(self, x):
        return {"y": self.model(x)}


def in_session(path):
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        graph = tf.compat.v1.saved_model.load(session, ["serve"], path)
        signature = graph.signature_def["serving_default"]
        return session.run(signature.outputs["y"].name, {signature.inputs["x"].name: np.ones((1, 4), np.float32)})


model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
expected = model(np.ones((1, 4))).numpy()
for hold in (False, True):
    path = f"held_{hold}"
    scorer = Scorer(model, hold)
    tf.saved_model.save(scorer, path, signatures={"serving_default": scorer.score})
    loaded = tf.saved_model.load(path)
    np.testing.assert_allclose(loaded.signatures["serving_default"](x=tf.ones((1, 4)))["y"], expected, atol=1e-6)
    try:
        np.testing.assert_allclose(in_session(path), expected, atol=1e-6)
        seen = "answers"
    except tf.errors.FailedPreconditionError as error:
        assert "Could not find variable" in str(error)
        seen = "FailedPreconditionError: Could not find variable ..."
    print(f"inner variables held: {hold}; Python: answers; session: {seen}")
    assert (seen == "answers") is hold, "the behaviour has changed"
PYTHON
