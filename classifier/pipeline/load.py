"""Loads the data of a training, with notices for the user."""

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import replace
from pathlib import Path

from classifier.data import (
    Splits,
    TooManyBadRows,
    add_unlabelled,
    load_splits,
    write_contradictions,
    write_rejects,
)
from classifier.data.columns import with_columns
from classifier.data.duplicates import near_duplicate_notices
from classifier.data.several_labels import has_several, refuse_joined
from classifier.data.splits import check_root
from classifier.data.text_form import text_form
from classifier.errors import UserError
from classifier.settings import TaskKind, TrainSettings
from classifier.settings.rules import check_folds
from classifier.settings.typed import as_typed
from classifier.tasks import refuse_impossible, refuse_labels
from classifier.terminal import counted, say

MOST_FOLDS = 5  # that the warning about small classes offers
FEW_EXAMPLES = 30  # of a class; with fewer, even a metric over all of them is uncertain by about 15 points


def find_columns(settings: TrainSettings, typed: Mapping[str, str]) -> tuple[TrainSettings, Mapping[str, str]]:
    """Returns settings and parameters with the columns of text and label, which are printed if they were found.

    Raises:
        UserError: if the columns are not plain.
    """
    data, notice = with_columns(settings.data)
    if not notice:
        return settings, typed
    say(notice)
    found = {"data.text": as_typed(data.text), "data.label": as_typed(data.label)}
    return replace(settings, data=data), {**typed, **found}


def load(settings: TrainSettings, output: Path) -> Splits:
    """Loads the splits, prints notices, and writes problematic rows to rejects.csv and contradictions.csv.

    Raises:
        UserError: for files that cannot be used, and if a promise needs more validation examples.
    """
    rejects = output / "report" / "rejects.csv"
    rejects.parent.mkdir(parents=True, exist_ok=True)
    try:
        check_root(settings.data)
        several = has_several(settings.task, settings.data)
        splits = load_splits(settings.data, settings.seed, several=several)
        if settings.data.unlabelled is not None:
            add_unlabelled(splits, settings.data.unlabelled, settings.data)
    except TooManyBadRows as error:
        if not error.rejects:
            raise
        write_rejects(rejects, error.rejects)
        raise TooManyBadRows(f"{error}\nAll of them are listed in {rejects}.", error.rejects) from None
    refuse_labels(settings.labels, several)
    one_each = not several or int(splits.train.labels.sum(axis=1).max()) < 2  # also with a separator that never occurs
    if settings.task is TaskKind.auto and one_each:
        refuse_joined(splits.train.class_counts())
    if settings.data.near_duplicates and not splits.folds and not settings.trainer.validation_only:
        others = {name: part for name, part in splits.parts().items() if name != "train"}
        splits.notices += near_duplicate_notices(splits.train, others)
    for notice in splits.notices:
        say(notice)
    if splits.rejects:
        write_rejects(rejects, splits.rejects)
        say(f"{counted(len(splits.rejects), 'row')} could not be used; reasons in {rejects}")
    if splits.contradictions:
        write_contradictions(rejects.with_name("contradictions.csv"), splits.contradictions)
    sizes = ", ".join(f"{len(part):,} {name}" for name, part in splits.parts().items())
    labels = f", {splits.train.labels.sum(axis=1).mean():.2f} labels per text" if several else ""
    classes = len(splits.train.label_names)
    none = f", with {splits.none_of_these!r} for none of the others" if splits.none_of_these is not None else ""
    say(f"{settings.data.name}: {sizes} examples, {classes} classes{none}{labels}")
    if splits.unlabelled:
        say(f"{counted(len(splits.unlabelled), 'unlabelled text')}")
    if splits.none_of_these is not None and not len(splits.valid.without_last()[0]):
        raise UserError(
            f"Every text of valid has the label of data.none_of_these={splits.none_of_these}, but it also needs texts "
            "of the other classes."
        )
    refuse_impossible(settings.abstain, settings.export, several, len(splits.valid))
    if small := small_classes(splits, can_fold(settings) and not several):
        say(f"Warning: {small}")
        splits.notices.append(small)
    return splits


def can_fold(settings: TrainSettings) -> bool:
    """Whether `data.folds` may be added to the settings."""
    try:
        check_folds(replace(settings, data=replace(settings.data, folds=2)))
    except UserError:
        return False
    return settings.data.folds is None


def fewest_texts(splits: Splits, names: Set[str]) -> int:
    """Returns the number of different texts of the class that has the fewest among the named ones."""
    texts = {name: set[str]() for name in names}
    for part in splits.parts().values():
        for name, text in zip(part.named_labels(), part.texts, strict=True):
            if name in texts:
                texts[name].add(text_form(text))
    return min(map(len, texts.values()))


def small_classes(splits: Splits, can_fold: bool = False) -> str:
    """Returns a warning about classes with fewer than FEW_EXAMPLES examples in all splits, or an empty text.

    Args:
        splits: the data.
        can_fold: whether to offer a cross-validation.
    """
    counts = Counter[str]()
    for part in splits.parts().values():
        counts.update(part.class_counts())
    if not counts.get(splits.none_of_these or "", 1):
        del counts[splits.none_of_these or ""]  # no text needs to have it
    small = sorted((count, name) for name, count in counts.items() if count < FEW_EXAMPLES)
    if not small:
        return ""
    shown = ", ".join(f"{name!r} ({count})" for count, name in small[:5])
    more = f" and {len(small) - 5:,} more" if len(small) > 5 else ""
    folds = min(MOST_FOLDS, fewest_texts(splits, {name for _, name in small})) if can_fold else 0
    offer = f", or measure on all examples with data.folds={folds}" if folds > 1 else ""
    return (
        f"{shown}{more} of {len(counts):,} classes {'has' if len(small) == 1 else 'have'} fewer than "
        f"{FEW_EXAMPLES} in all splits, so the "
        f"metrics will be rough. Add examples if you can{offer}."
    )
