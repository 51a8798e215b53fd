"""Splits that the files themselves declare, such as a column of uses or a folder per split."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from classifier.data.classes import KnownClasses
from classifier.data.examples import Loaded, joined_paths
from classifier.data.rejects import Reject
from classifier.errors import UserError
from classifier.terminal import counted


def declared_splits(
    read: Loaded, wanted: Sequence[str], none: str | None = None, *, known_names: bool = False
) -> dict[str, Loaded]:
    """Separates what was read for train into the splits that its rows declare.

    Rows without a declared split belong to train. Rows of a split that has a file of its own are left out.

    Args:
        read: the rows that were read for train.
        wanted: the splits that have no file of their own.
        none: name of the class that train need not have; see `classifier.data.none_of_these`.
        known_names: whether the classes are those of a model, and stay as they are.

    Returns:
        The splits that occur, always with train, which has the notices and the files.

    Raises:
        UserError: if train is empty, or has a single class.
    """
    if not any(read.splits):
        return {"train": read}
    declared, examples = np.array([split or "train" for split in read.splits]), read.examples
    kept = np.arange(len(examples.label_names))
    if not known_names:
        counts = examples.take(np.flatnonzero(declared == "train")).class_counts()
        kept = np.flatnonzero([counts[name] or name == none for name in examples.label_names])
    if len(kept) - (none is not None) < 2:
        raise UserError(
            f"{joined_paths(read.files)}: the rows of train have {counted(len(kept), 'class', 'classes')}, but a "
            "classifier needs two "
            "classes or more."
        )
    narrowed, known = examples.with_classes(kept)
    parts, notices, rejects = {}, list(read.notices), list(read.rejects)
    for split in ("train", "valid", "test"):
        places = np.flatnonzero((declared == split) & known)
        if split not in ("train", *wanted) and len(places):
            notices.append(
                f"Left out, because data.{split} names its own file: {counted(len(places), 'row')} declared as {split}."
            )
        elif len(places):
            keys = [read.keys[place] for place in places]
            parts[split] = Loaded(narrowed.take(places), [], [], [], [split] * len(places), keys)
    names = KnownClasses(narrowed.label_names)
    for place in np.flatnonzero(~known):
        file, _, row = examples.origins[place].rpartition(":")
        (found,) = examples.take([int(place)]).named_labels()
        missing = found if isinstance(found, str) else next(name for name in found if names.find(name) is None)
        rejects.append(Reject(file, int(row), "label", names.problem(missing)))
    if "train" not in parts:
        raise UserError(f"{joined_paths(read.files)}: none of its rows belongs to train.")
    return parts | {"train": replace(parts["train"], notices=notices, rejects=rejects, files=read.files)}
