"""Splits that the files themselves declare, such as a column of uses or a folder per split."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from classifier.data.classes import KnownClasses
from classifier.data.examples import Examples, Loaded, joined_paths
from classifier.data.labels import in_order
from classifier.data.rejects import Reject
from classifier.errors import UserError
from classifier.terminal import counted


def declared_splits(read: Loaded, wanted: Sequence[str], *, known_names: bool = False) -> dict[str, Loaded]:
    """Separates what was read for train into the splits that its rows declare.

    Rows without a declared split belong to train. Rows of a split that has a file of its own are left out.

    Args:
        read: the rows that were read for train.
        wanted: the splits that have no file of their own.
        known_names: whether the classes are those of a model, and stay as they are.

    Returns:
        The splits that occur, always with train, which has the notices and the files.

    Raises:
        UserError: if train is empty, or has a single class.
    """
    if not any(read.splits):
        return {"train": read}
    declared = np.array([split or "train" for split in read.splits])
    named = np.array(read.examples.named_labels())
    classes = list(read.examples.label_names) if known_names else in_order(named[declared == "train"].tolist())
    if len(classes) < 2:
        raise UserError(
            f"{joined_paths(read.files)}: the rows of train have {counted(len(classes), 'class', 'classes')}, "
            "but a classifier needs two "
            "classes or more."
        )
    known = KnownClasses(classes)
    number = {name: i for i, name in enumerate(classes)}
    parts, notices, rejects = {}, list(read.notices), list(read.rejects)
    for split in ("train", "valid", "test"):
        places = np.flatnonzero((declared == split) & np.isin(named, classes))
        if split not in ("train", *wanted) and len(places):
            notices.append(
                f"Left out, because data.{split} names its own file: {counted(len(places), 'row')} declared as {split}."
            )
        elif len(places):
            taken = read.examples.take(places)
            labels = np.array([number[name] for name in named[places]], dtype=np.int32)
            examples = Examples(taken.texts, labels, tuple(classes), taken.origins)
            parts[split] = Loaded(examples, [], [], [], [split] * len(places), [read.keys[place] for place in places])
    for place in np.flatnonzero(~np.isin(named, classes)):
        file, _, row = read.examples.origins[place].rpartition(":")
        rejects.append(Reject(file, int(row), "label", known.problem(str(named[place]))))
    if "train" not in parts:
        raise UserError(f"{joined_paths(read.files)}: none of its rows belongs to train.")
    return parts | {"train": replace(parts["train"], notices=notices, rejects=rejects, files=read.files)}
