"""Runs alone, in a process of its own: loads a SavedModel with TensorFlow and asks it about the texts of a file.

python check_export.py <SavedModel> <serialized texts> <file for the serialized answers>

It imports TensorFlow at once and waits for a line on standard input, which says that the model is written.

Python's loader gives the answers. The loader of sessions, which TensorFlow Serving and other languages share, restores
variables in a way of its own: each signature must answer there as it does in Python.
"""

import sys

COSTLY = ("keras", "sklearn", "matplotlib")  # TensorFlow would import them, for half of its time and nothing
sys.modules.update(dict.fromkeys(COSTLY))  # pyright: ignore[reportCallIssue, reportArgumentType]

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

for name in COSTLY:
    del sys.modules[name]  # tensorflow-text needs Keras

TOLERANCE = 1e-5  # largest difference allowed between the two loaders
IN_SESSION = 12  # texts, from the last on: these are the unusual ones
UNSURE = "pooling_max"  # which of two equal states is the larger is decided by rounding

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
    found += [tf.reshape(one, [-1]) for one in (serve(text=text[None])["probabilities"], *map(watched.get, names))]
tf.io.write_file(answers, tf.io.serialize_tensor(tf.concat(found, axis=0)))


def differing(name: str, expected: dict, got: dict) -> list[str]:
    """Outputs of a signature that differ between a session and Python's loader."""
    places = []
    for key, values in got.items():
        wanted = expected[key].numpy()
        same = np.allclose(values, wanted, 0, TOLERANCE) if wanted.dtype.kind == "f" else np.array_equal(values, wanted)
        if not same and key != UNSURE:
            places.append(f"output {key} of signature {name}")
    return places


few = asked.numpy()[-IN_SESSION:]
expected = {
    name: [function(text=tf.constant([text])) for text in few]
    if function.structured_input_signature[1]
    else [function()]
    for name, function in model.signatures.items()
}
tf.get_logger().setLevel("ERROR")  # the loader of sessions is called deprecated
with tf.Graph().as_default() as graph, tf.compat.v1.Session(graph=graph) as session:
    loaded = tf.compat.v1.saved_model.load(session, ["serve"], folder)
    for name, answered in expected.items():
        signature = loaded.signature_def[name]
        outputs = {key: value.name for key, value in signature.outputs.items()}
        for text, wanted in zip(few, answered, strict=False):
            got = session.run(outputs, {one.name: [text] for one in signature.inputs.values()})
            if places := differing(name, wanted, got):
                sys.exit(f"a session gives another answer than Python's loader: {', '.join(places)}")
