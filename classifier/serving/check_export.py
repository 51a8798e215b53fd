"""Runs alone, in a process of its own: loads a SavedModel with TensorFlow and classifies the texts of a file.

python check_export.py <SavedModel> <serialized texts> <file for the serialized probabilities>
"""

import sys

for costly in ("sklearn", "matplotlib"):  # Keras would import them, for three seconds and nothing
    sys.modules[costly] = None  # pyright: ignore[reportArgumentType]

import tensorflow as tf  # noqa: E402

folder, texts, probabilities = sys.argv[1:]
try:
    model = tf.saved_model.load(folder)
except Exception as error:
    if "Op type not registered" not in str(error):
        raise
    import tensorflow_text  # noqa: F401  # registers the operations of the wordpiece tokenizer

    model = tf.saved_model.load(folder)
serve = model.signatures["serving_default"]
found = [serve(text=text[None])["probabilities"] for text in tf.io.parse_tensor(tf.io.read_file(texts), tf.string)]
tf.io.write_file(probabilities, tf.io.serialize_tensor(tf.concat(found, axis=0)))
