"""Describes a finished training in a few sentences, for its page in MLflow."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from classifier.data import DataFile, Splits
from classifier.evaluation.metrics import Evaluation
from classifier.terminal import counted
from classifier.tracking.notes import as_markdown


def describe(
    evaluations: Mapping[str, Evaluation], splits: Splits, best_epoch: int, epochs: int, facts: Sequence[str]
) -> str:
    """Returns accuracy, data and notices as Markdown.

    Args:
        evaluations: evaluations by split, with `test` if there is a test split.
        splits: the data of the training.
        best_epoch, epochs: the epoch that was kept, and the number of epochs.
        facts: sentences about the model: how it was measured, and what encoder and n-grams contribute.
    """
    split, evaluation = list(evaluations.items())[-1]
    train, measured = splits.train, "validation" if split == "valid" else split
    accuracy, examples = evaluation.metrics["accuracy"], evaluation.metrics["examples"]
    interval, classes = evaluation.intervals.get("accuracy"), len(splits.learned().train.label_names)
    range_of = f" (95 % interval {interval.low:.3f} to {interval.high:.3f})" if interval else ""
    sentences = [
        f"**{accuracy:.1%} of {counted(examples, f'{measured} text')} labelled correctly**{range_of}; "
        f"macro F1 {evaluation.metrics['macro_f1']:.3f}.",
        f"Trained on {len(train):,} texts in {classes} classes of {as_markdown(names(splits.files))}; "
        f"epoch {best_epoch} of {epochs} was the best.",
    ]
    return "\n".join([" ".join([*sentences, *facts]), *(f"\n- {as_markdown(notice)}" for notice in splits.notices)])


def names(files: Iterable[DataFile], most: int = 3) -> str:
    """Lists the names of the first files, and the number of the others."""
    found = list(dict.fromkeys(Path(file.path).name for file in files if file.split == "train"))
    more = f" and {counted(len(found) - most, 'more file')}" if len(found) > most else ""
    return ", ".join(found[:most]) + more
