"""A Transformer text classifier with experiment tracking. The map of the package, top to bottom:

    __main__.py         the command `classifier`: its list, its help, completion
    train.py evaluate.py score.py explain.py compare.py promote.py publish.py
                        the commands: `classifier train`, or `python -m classifier.train`
    estimator.py        TextClassifier and load: the same for Python programs
    sweeps/             many trainings as one: trials in processes, searches, tables, pictures
    pipeline/           the chain of a training: check, load, prepare, run, finish
    tracking/           runs and models in MLflow
    scoring/            rows labelled in shards and through pipes, here or on Spark
    explanation/        why an answer is what it is, which explanation to believe, and the page that shows it
    artifact/           the SavedModel: export, check, read back, publish; formats/ has ONNX, LiteRT, smaller weights
    model/              the whole classifier: encoder and n-gram model in one graph
    comparison/         which of several models is better on the same examples
    training/           batches of similar length, schedule, the loop, checkpoints
    evaluation/         metrics, intervals, tables and pictures of one model
    command_line/       from what is typed to checked settings, from an error to a sentence
    start.py            starts TensorFlow quietly
    encoders/           embedding, encoder block, pooling and the encoder that they make
    tokenizers/         strings -> token ids, inside the TensorFlow graph
    pretrained/         encoders that others trained, as they lie on disk
    data/               files -> Examples(texts, labels, label_names); splits; the embedded corpus
    attention/          the gallery: what mechanisms share, and one mechanism per file
    settings/           every setting, typed
    conf/               the configuration files, a link to the folder at the top of the repository
    drawing/            one style and the fonts of all pictures
    files.py terminal.py progress.py interruption.py errors.py
                        whole files and locks; the only way to the terminal; Ctrl-C; mistakes as sentences

A room imports only rooms below it, and importing `classifier` alone imports nothing heavy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from classifier.estimator import TextClassifier, load

__all__ = ["TextClassifier", "load"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("classifier.estimator"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
