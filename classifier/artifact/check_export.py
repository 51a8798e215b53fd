"""Script that runs in a separate process: loads a SavedModel with TensorFlow and classifies the texts of a file.

python check_export.py <SavedModel> <serialized texts> <file for the serialized answers>

It imports TensorFlow and waits for a line on standard input, which indicates that the model has been written.

The answers come from Python's loader. The loader of sessions, which TensorFlow Serving and other languages use,
restores variables differently: each signature must give the same results in a session as in Python.
"""

import sys

COSTLY = ("keras", "sklearn", "matplotlib")  # TensorFlow would import them in vain, which takes half of its import time
sys.modules.update(dict.fromkeys(COSTLY))  # pyright: ignore[reportCallIssue, reportArgumentType]

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

for name in COSTLY:
    del sys.modules[name]  # tensorflow-text needs Keras

TOLERANCE = 1e-5  # maximum difference between the two loaders
IN_SESSION = 12  # number of texts that are checked in a session: the last texts, which are unusual
UNSURE = "pooling_max"  # depends on rounding if two states are equal

folder, texts, answers = sys.argv[1:]
if not sys.stdin.readline():  # until the model is written
    sys.exit("nothing was written")
try:
    model = tf.saved_model.load(folder)
except Exception as error:
    if "Op type not registered" not in str(error):
        raise
    import tensorflow_text  # noqa: F401  # registers the operations of the wordpiece tokenizer

    model = tf.saved_model.load(folder)
serve, explain = model.signatures["serving_default"], model.signatures["explain"]
asked = tf.io.parse_tensor(tf.io.read_file(texts), tf.string)
found = []
for text in asked:
    watched = explain(text=text[None])
    names = [name for name in sorted(watched) if watched[name].dtype == tf.float32 and name != UNSURE]
    found += [
        tf.reshape(output, [-1]) for output in (serve(text=text[None])["probabilities"], *map(watched.get, names))
    ]
tf.io.write_file(answers, tf.io.serialize_tensor(tf.concat(found, axis=0)))


def differing(name: str, expected: dict, got: dict) -> list[str]:
    """Returns the outputs of a signature that differ between a session and Python's loader."""
    outputs = []
    for key, values in got.items():
        wanted = expected[key].numpy()
        same = np.allclose(values, wanted, 0, TOLERANCE) if wanted.dtype.kind == "f" else np.array_equal(values, wanted)
        if not same and key != UNSURE:
            outputs.append(f"output {key} of signature {name}")
    return outputs


few = asked.numpy()[-IN_SESSION:]
expected = {
    name: [function(text=tf.constant([text])) for text in few]
    if function.structured_input_signature[1]
    else [function()]
    for name, function in model.signatures.items()
}
tf.get_logger().setLevel("ERROR")  # a warning that the loader of sessions is deprecated
with tf.Graph().as_default() as graph, tf.compat.v1.Session(graph=graph) as session:
    loaded = tf.compat.v1.saved_model.load(session, ["serve"], folder)
    for name, answers_of_name in expected.items():
        signature = loaded.signature_def[name]
        outputs = {key: value.name for key, value in signature.outputs.items()}
        for text, wanted in zip(few, answers_of_name, strict=False):
            got = session.run(outputs, {value.name: [text] for value in signature.inputs.values()})
            if different := differing(name, wanted, got):
                sys.exit(f"a session gives another answer than Python's loader: {', '.join(different)}")
