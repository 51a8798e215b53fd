"""Runs alone, in a process of its own: loads a SavedModel with TensorFlow and asks it about the texts of a file.

python check_export.py <SavedModel> <serialized texts> <file for the serialized answers>
"""

import sys

for costly in ("keras", "sklearn", "matplotlib"):  # TensorFlow would import them, for half of its time and nothing
    sys.modules[costly] = None  # pyright: ignore[reportArgumentType]

import tensorflow as tf  # noqa: E402

folder, texts, answers = sys.argv[1:]
try:
    model = tf.saved_model.load(folder)
except Exception as error:
    if "Op type not registered" not in str(error):
        raise
    import tensorflow_text  # noqa: F401  # registers the operations of the wordpiece tokenizer

    model = tf.saved_model.load(folder)
serve, explain = model.signatures["serving_default"], model.signatures["explain"]
found = []
for text in tf.io.parse_tensor(tf.io.read_file(texts), tf.string):
    watched = explain(text=text[None])
    # Which of two equal states is the larger is decided by rounding: pooling_max may differ, and rightly.
    names = [name for name in sorted(watched) if watched[name].dtype == tf.float32 and name != "pooling_max"]
    found += [tf.reshape(one, [-1]) for one in (serve(text=text[None])["probabilities"], *map(watched.get, names))]
tf.io.write_file(answers, tf.io.serialize_tensor(tf.concat(found, axis=0)))
