"""A warning names the classes with too few examples for reliable numbers."""

from dataclasses import replace

import numpy as np

from classifier.data import Examples, Splits
from classifier.pipeline.load import small_classes


def splits(*counts: int) -> Splits:
    labels = np.repeat(np.arange(len(counts)), counts)
    names = tuple(f"class {number}" for number in range(len(counts)))
    texts = [str(row) for row in range(len(labels))]
    part = Examples(texts, labels, names, texts)
    return Splits(part, part.take(np.arange(0)), None, [], [], [], [])


def test_small_classes_are_named():
    assert small_classes(splits(30, 40)) == ""
    warning = small_classes(splits(30, 3, 29, 1))
    assert "'class 3' (1), 'class 1' (3), 'class 2' (29) of 4 classes have fewer than 30" in warning
    assert "and 3 more of 9 classes" in small_classes(splits(*range(1, 9), 30))


def test_a_cross_validation_is_offered_where_it_is_possible():
    assert "or measure on all examples with data.folds=5." in small_classes(splits(30, 12), can_fold=True)
    assert "data.folds=3." in small_classes(splits(30, 3), can_fold=True)
    assert "data.folds" not in small_classes(splits(30, 1), can_fold=True)
    assert "data.folds" not in small_classes(splits(30, 12))
    twice = splits(30, 2)
    twice.train = replace(twice.train, texts=[*twice.train.texts[:30], "same", "same"])
    assert "data.folds" not in small_classes(twice, can_fold=True)
