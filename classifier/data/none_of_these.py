"""The label of texts that belong to none of the classes (`data.none_of_these`), which is the last class."""

import difflib
from collections.abc import Iterable, Mapping

from classifier.data.classes import KnownClasses
from classifier.data.labels import clean_label
from classifier.errors import UserError
from classifier.settings import DataSettings, LabelCase
from classifier.terminal import counted

NEAR = 0.6  # similarity of a label that the key may have meant
ORDER = ("train", "valid", "test")


def refuse_several(settings: DataSettings) -> None:
    """Raises UserError if the settings name a label of none of the classes, for data with several labels per text."""
    if settings.none_of_these is not None:
        raise UserError(
            f"data.none_of_these={settings.none_of_these} is for texts with one label each. If a text can have "
            "several, one without labels belongs to none of the classes: leave out data.none_of_these, and leave its "
            "label empty."
        )


def none_label(settings: DataSettings) -> str | None:
    """Returns the label that the settings name, without invisible characters; None if they name none.

    Raises:
        UserError: if it is empty.
    """
    if settings.none_of_these is None:
        return None
    label = clean_label(settings.none_of_these)
    if not label:
        raise UserError("data.none_of_these is empty: name the label of texts that belong to none of the classes.")
    return label


def renamed_none(names: Mapping[str, str], settings: DataSettings) -> dict[str, str]:
    """Returns the names of the classes of labels, in which that of `data.none_of_these` is spelled as in this key."""
    label = none_label(settings)
    if label is None:
        return dict(names)
    found = KnownClasses(set(names.values()), fold=settings.label_case is LabelCase.fold).find(label)
    return {spelling: label if name == found else name for spelling, name in names.items()}


def none_notice(label: str, splits: Mapping[str, Mapping[str, int]]) -> str:
    """Says how many texts of each split belong to none of the classes, and what this means.

    Args:
        label: the label that `data.none_of_these` names.
        splits: the number of texts of each class, by split.
    """
    counts = {split: of_class[label] for split, of_class in splits.items()}
    sizes = {split: counted(sum(of_class.values()), "text") for split, of_class in splits.items()}
    where = ", ".join(f"{counts[split]:,} of {sizes[split]} in {split}" for split in ORDER if split in splits)
    if counts["train"]:
        means = "It is learned as a class"
        means += ", and its probability is calibrated on valid." if counts["valid"] else "."
    elif counts["valid"]:
        means = "It is not learned: valid sets from where on a text belongs to none of the classes."
    else:
        means = "Leaving classes out sets from where on a text belongs to none of the classes."
        if not any(counts.values()):
            means += _meant(label, splits["train"])
    return f"None of these, {label!r}: {where}. {means}"


def _meant(label: str, names: Iterable[str]) -> str:
    """Names the class that a mistyped label may mean."""
    others = [name for name in names if name != label]
    near = KnownClasses(others).near(label)
    close = [near] if near else difflib.get_close_matches(label, others, n=1, cutoff=NEAR)
    return f" Did you mean data.none_of_these={close[0]}, which is a class now?" if close else ""
