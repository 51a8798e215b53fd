"""The folds of a cross-validation: parts of the examples, each the test of a model that is trained on the others."""

from collections.abc import Hashable, Sequence

import numpy as np

from classifier.data.examples import Examples, Loaded, joined_paths
from classifier.data.held_out import by_group
from classifier.data.stratified import stratified
from classifier.data.text_form import text_form
from classifier.errors import UserError
from classifier.settings import DataSettings


def fold_places(read: Loaded, settings: DataSettings, seed: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Returns the indices of train, valid and test of each fold, in ascending order; each example is in one test.

    The tests are stratified by class. Examples of the same group (`data.group`) or, without groups, of the same
    `text_form` are in the same test. Validation is split off the other examples as in any training.

    Args:
        read: the examples that were read for train.
        settings: with `folds`.
        seed: seed of the folds and of the validation examples.

    Raises:
        UserError: if the examples cannot be divided in this way.
    """
    where, examples = f"{joined_paths(read.files)}: data.folds={settings.folds}", read.examples
    if any(read.splits):
        raise UserError(
            f"{where} divides all examples, but the file declares splits of its own: leave out data.folds to use them."
        )
    if examples.several:
        raise UserError(
            f"{where} needs one label per text, by which the parts are stratified: set a test split aside instead."
        )
    keys: list[Hashable] = [("", place) if key is None else key for place, key in enumerate(read.keys)]
    found = []
    for number, test in enumerate(_tests(examples, keys if settings.group else None, settings, seed, where), 1):
        rest = np.setdiff1d(np.arange(len(examples)), test)
        train, valid = _train_and_valid(examples.take(rest), [keys[place] for place in rest], settings, seed)
        missing = np.setdiff1d(np.unique(examples.labels), examples.labels[rest[train]])
        if len(missing) or not len(valid):
            what = f"train without {examples.label_names[missing[0]]!r}" if len(missing) else "no validation examples"
            raise UserError(
                f"{where} leaves part {number} with {what}. Add rows, choose fewer folds, or leave out data.folds."
            )
        found.append((rest[train], rest[valid], test))
    return found


def shared_texts_notice(texts: Sequence[str], tests: Sequence[np.ndarray]) -> list[str]:
    """Reports texts that occur in several tests, as they may if examples are divided by group."""
    fold_of = np.zeros(len(texts), np.int64)
    for number, test in enumerate(tests):
        fold_of[test] = number
    folds: dict[str, set[int]] = {}
    for text, fold in zip(texts, fold_of.tolist(), strict=True):
        folds.setdefault(text_form(text), set()).add(fold)
    shared = sum(len(of_text) > 1 for of_text in folds.values())
    return [f"Texts that occur in several folds, because they are in several groups: {shared:,}."] if shared else []


def _tests(
    examples: Examples, keys: Sequence[Hashable] | None, settings: DataSettings, seed: int, where: str
) -> list[np.ndarray]:
    """Returns the indices of each test; `keys` are the groups of the examples, if they have any."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    count, labels = settings.folds or 0, examples.labels
    number_of: dict[Hashable, int] = {}
    groups = np.array([number_of.setdefault(key, len(number_of)) for key in keys or map(text_form, examples.texts)])
    _, first = np.unique(groups, return_index=True)
    options = {"n_splits": count, "shuffle": True, "random_state": seed}
    if keys is None:
        _check_classes(examples.take(first), count, where)
        cuts = StratifiedKFold(**options).split(first, labels[first])
        return [np.flatnonzero(np.isin(groups, groups[first[test]])) for _, test in cuts]
    _check_classes(examples, count, where)
    if len(first) < count:
        raise UserError(f"{where}: there are only {len(first):,} different values of data.group={settings.group}.")
    return [test for _, test in StratifiedGroupKFold(**options).split(labels, labels, groups)]


def _check_classes(examples: Examples, count: int, where: str) -> None:
    """Raises UserError if a class has fewer examples than there are folds."""
    smallest, name = min((number, name) for name, number in examples.class_counts().items())
    if smallest < count:
        fewer = f"choose at most data.folds={smallest}" if smallest > 1 else "leave out data.folds"
        raise UserError(
            f"{where} needs as many different texts of each class, but {name!r} has {smallest}. Add texts, or {fewer}."
        )


def _train_and_valid(
    examples: Examples, keys: Sequence[Hashable], settings: DataSettings, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the indices of train and valid among the examples of which one part was taken away."""
    share = settings.valid_share
    if settings.group is None:
        train, valid = stratified(examples.texts, examples.labels, [share], seed)
        return train, valid
    splits = np.array(by_group(list(keys), examples.answers(), {"valid": share}, seed))
    return np.flatnonzero(splits == "train"), np.flatnonzero(splits == "valid")
