"""The parts of a cross-validation: each text is in one of them, with its copies or its group."""

import numpy as np
import pytest

from classifier.data import load_splits
from classifier.data.text_form import text_form
from classifier.errors import UserError


def rows(count: int = 30, classes: int = 3, copies: int = 0) -> str:
    lines = [f"text {i},{'abc'[i % classes]},g{i % 11}" for i in range(count)]
    lines += [f"Text  {i}".lower() + f",{'abc'[i % classes]},g{i % 11}" for i in range(copies)]
    return "text,label,customer\n" + "\n".join(lines) + "\n"


def test_each_text_is_measured_once_by_a_model_without_it(write, settings):
    path = write("rows.csv", rows(copies=7))
    splits = load_splits(settings(str(path), folds=5), seed=3)
    assert splits.test is None
    assert sorted(splits.train.origins + splits.valid.origins) == sorted(
        origin for fold in splits.folds for origin in fold.test.origins
    )
    for fold in splits.folds:
        assert len({*fold.train.origins, *fold.valid.origins, *fold.test.origins}) == 37
        seen = {text_form(text) for part in (fold.train, fold.valid) for text in part.texts}
        assert not seen & set(map(text_form, fold.test.texts))
        assert set(fold.train.named_labels()) == set(fold.test.named_labels()) == {"a", "b", "c"}
        assert len(fold.valid) >= 3
    again = load_splits(settings(str(path), folds=5), seed=3)
    assert [fold.test.origins for fold in again.folds] == [fold.test.origins for fold in splits.folds]


def test_a_group_is_in_one_part_and_shared_texts_are_counted(write, settings):
    path = write("rows.csv", rows(66) + "text 0,a,g1\n")
    splits = load_splits(settings(str(path), folds=3, group="customer"), seed=0)
    group_of = {f"rows.csv:{i + 2}": f"g{i % 11}" for i in range(66)} | {"rows.csv:68": "g1"}
    groups = [{group_of[origin] for origin in fold.test.origins} for fold in splits.folds]
    assert sum(map(len, groups)) == len(set().union(*groups)) == 11
    for fold, of_test in zip(splits.folds, groups, strict=True):
        learned, chosen = ({group_of[origin] for origin in part.origins} for part in (fold.train, fold.valid))
        assert not of_test & (learned | chosen)
        assert not learned & chosen
    apart = [number for number, of_test in enumerate(groups) for group in ("g0", "g1") if group in of_test]
    notice = "Texts that occur in several folds, because they are in several groups: 1."
    assert (notice in splits.notices) == (apart[0] != apart[1])


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (rows(8, 2) + "last,c,g\n", {}, r"'c' has 1\. Add texts, or leave out data\.folds"),
        (rows(12), {}, r"'a' has 4\. Add texts, or choose at most data\.folds=4"),
        (rows(9) + "text 0,a,x\n" * 5, {"folds": 4}, r"different texts of each class, but 'a' has 3"),
        (rows(30).replace("g1", "g0"), {"folds": 20, "group": "customer"}, r"'a' has 10"),
        ("text,label,customer\n" + "".join(f"{i},{'ab'[i % 2]},{i % 2}\n" for i in range(20)),
         {"folds": 2, "group": "customer"}, r"leaves part 1 with train without"),
        ("text,label,customer\n" + "".join(f"{i},{'ab'[i % 2]},{i % 3}\n" for i in range(20)),
         {"group": "customer"}, r"only 3 different values of data\.group=customer"),
    ],
)  # fmt: skip
def test_what_cannot_be_divided_is_refused(write, settings, content, options, message):
    path = write("rows.csv", content)
    with pytest.raises(UserError, match=message):
        load_splits(settings(str(path), **{"folds": 5, **options}), seed=0)


def test_contradictory_copies_stay_together(write, settings):
    path = write("rows.csv", rows() + "text 1,c,g\ntext 2,a,g\n")
    splits = load_splits(settings(str(path), folds=5), seed=0)
    tests = [set(map(text_form, fold.test.texts)) for fold in splits.folds]
    assert sum(map(len, tests)) == 30
    assert len(splits.contradictions) == 4
    assert np.isclose([len(fold.test) for fold in splits.folds], 6, atol=2).all()


def test_several_labels_per_text_are_refused(write, settings):
    path = write("rows.jsonl", "".join(f'{{"text": "text {i}", "label": ["a", "b"]}}\n' for i in range(20)))
    with pytest.raises(UserError, match="needs one label per text"):
        load_splits(settings(str(path), folds=2), seed=0, several=True)
