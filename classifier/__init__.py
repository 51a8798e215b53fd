"""A Transformer text classifier with experiment tracking. The map of the package:

    errors.py           a user's mistake, told in a sentence
    interruption.py     Ctrl-C, which waits for the end of a write
    files.py            files that are whole or not there, tables for spreadsheets, locks
    settings/           every knob, typed
    data/               files -> Examples(texts, labels, label_names); splits; the embedded corpus
    tokenizers/         strings -> token ids, inside the TensorFlow graph
    attention/          the gallery: what mechanisms share, and one mechanism per file
    encoders/           embedding, encoder block, pooling and the encoder that they make
    training/           batches of like length, schedule, the loop, checkpoints
    model/              the whole: encoder and n-gram model in one graph, how the latter is fitted and both are weighted
    evaluation/         metrics, intervals, tables, pictures
    explanation/        why an answer is what it is, which explanation to believe, and the page that shows it
    tracking/           runs and models in MLflow
    artifact/           the SavedModel: export, check, read back, publish; formats/ has ONNX, LiteRT, smaller weights
    scoring/            rows scored, in shards and from pipes, here or on Spark
    progress.py         how far a long reading has come
    start.py            starts TensorFlow quietly
    arguments.py        what is typed after a command, before Hydra reads it
    hydra_checks.py     what Hydra's own part of the configuration may name
    command_line.py     the door of every command
    pipeline/           the chain of a training: check, load, prepare, run, finish
    sweeps/             many trainings as one thing: trials in processes, search, tables, pictures
    train.py evaluate.py score.py explain.py compare.py promote.py publish.py
                        the commands: classifier train, or python -m classifier.train
    __main__.py         the command `classifier`: its list, completion

A room imports only those above it in this list, and importing `classifier` alone imports nothing heavy.
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
