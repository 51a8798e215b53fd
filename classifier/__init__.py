"""A Transformer text classifier with experiment tracking. The packages and modules, from top to bottom:

    __main__.py         the command `classifier`: list of commands, help, completion
    train.py evaluate.py score.py explain.py compare.py decide.py promote.py publish.py clean.py audit.py
                        the commands: `classifier train`, or `python -m classifier.train`
    estimator.py        TextClassifier and load, the Python interface
    sweeps/             sweeps: trials in processes, searches, tables, figures
    pipeline/           the steps of a training: check, load, prepare, run, finish
    auditing/           finds what is wrong with labelled texts
    tracking/           runs and models in MLflow
    scoring/            labels rows in shards and through pipes, locally or on Spark
    explanation/        explains predictions, measures the faithfulness of explanations, and writes a page
    artifact/           the SavedModel: export, check, load, publish; formats/ has ONNX, LiteRT and smaller weights
    model/              the complete classifier: encoder and n-gram model in one graph
    comparison/         compares models on the same examples
    training/           batches of similar length, schedule, training loop, checkpoints
    evaluation/         metrics, intervals, tables and figures of a model
    command_line/       converts command lines to checked settings, and errors to messages
    start.py            starts TensorFlow without its messages
    encoders/           embedding, encoder block, pooling, and the encoder
    tokenizers/         strings -> token ids, inside the TensorFlow graph
    pretrained/         reads pretrained encoders from disk
    data/               files -> Examples(texts, labels, label_names); splits; the embedded corpus
    attention/          attention mechanisms, one per file
    settings/           typed settings
    conf/               configuration files, a link to the folder at the top of the repository
    drawing/            style, fonts and pages
    files.py terminal.py progress.py interruption.py leaving.py errors.py
                        atomic files and locks; output to the terminal; progress bars; Ctrl-C; errors of the user

Packages import only packages below them, and importing `classifier` alone imports nothing heavy.
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
