"""`data.none_of_these` names the label of texts that belong to none of the classes, which is the last class."""

import pytest

from classifier.data import TooManyBadRows, load_splits, read_examples
from classifier.errors import UserError
from classifier.settings import LabelCase

ROWS = [(f"text {number}", "ab"[number % 2]) for number in range(40)]
OUTSIDE = [("the moon", "none"), ("a poem", "none")]


def table(rows):
    return "text,label\n" + "".join(f"{text},{label}\n" for text, label in rows)


@pytest.fixture
def load(write, settings):
    """Loads splits of the given rows."""

    def load(train, valid, test, **others):
        files = {name: str(write(f"{name}.csv", table(rows))) for name, rows in
                 (("train", train), ("valid", valid), ("test", test))}  # fmt: skip
        return load_splits(settings(**files, **others), seed=0)

    return load


def test_rows_of_validation_and_test_need_not_occur_in_train(load):
    splits = load(ROWS, ROWS[:4] + OUTSIDE, OUTSIDE[:1], none_of_these="none")
    assert splits.train.label_names == ("a", "b", "none")
    assert splits.valid.class_counts() == {"a": 2, "b": 2, "none": 2}
    assert splits.outside() == ["the moon", "a poem"]
    learned = splits.learned()
    assert learned.train.label_names == learned.valid.label_names == ("a", "b")
    assert len(learned.valid) == 4
    assert (
        "None of these, 'none': 0 of 40 texts in train, 2 of 6 texts in valid, 1 of 1 text in test. It is not learned: "
        "valid sets from where on a text belongs to none of the classes." in splits.notices
    )


def test_rows_of_train_make_it_a_class_that_is_learned(load):
    splits = load(ROWS + OUTSIDE, ROWS[:4] + OUTSIDE, OUTSIDE, none_of_these="none")
    assert splits.learned() is splits
    assert splits.train.class_counts() == {"a": 20, "b": 20, "none": 2}
    assert any("It is learned as a class, and its probability is calibrated on valid." in one for one in splits.notices)


def test_it_is_the_last_class_wherever_its_name_sorts(load):
    splits = load([*ROWS, ("the moon", "0")], ROWS[:4], ROWS[:4], none_of_these="0")
    assert splits.train.label_names == ("a", "b", "0")
    assert splits.train.class_counts()["0"] == 1


def test_no_text_needs_to_have_it(load):
    splits = load(ROWS, ROWS[:4], ROWS[:4], none_of_these="oos")
    assert splits.valid.label_names == ("a", "b", "oos")
    assert any("Leaving classes out sets from where on" in notice for notice in splits.notices)
    assert not any("Did you mean" in notice for notice in splits.notices)


def test_a_mistyped_label_is_noticed(load):
    splits = load([*ROWS, *OUTSIDE, ("x", "none"), ("y", "none")], ROWS[:4], ROWS[:4], none_of_these="nonne")
    assert any("Did you mean data.none_of_these=none, which is a class now?" in notice for notice in splits.notices)


def test_without_the_key_it_is_a_label_like_any_other(load):
    splits = load(ROWS + OUTSIDE, ROWS[:4], ROWS[:4])
    assert splits.train.label_names == ("a", "b", "none")
    assert splits.none_of_these is None
    with pytest.raises(TooManyBadRows):
        load(ROWS, ROWS[:4] + OUTSIDE, ROWS[:4])


def test_its_case_is_folded_like_that_of_other_labels(load):
    rows = [*ROWS, ("the moon", "None"), ("a poem", "NONE")]
    splits = load(rows, [*ROWS[:4], ("a song", "nONE")], ROWS[:4], none_of_these="none", label_case=LabelCase.fold)
    assert splits.train.class_counts() == {"a": 20, "b": 20, "none": 2}
    assert splits.valid.class_counts()["none"] == 1


def test_a_share_of_train_is_set_aside_with_such_texts(write, settings):
    rows = ROWS + [(f"star {number}", "none") for number in range(20)]
    splits = load_splits(settings(str(write("all.csv", table(rows))), none_of_these="none"), seed=0)
    assert all(part.class_counts()["none"] for part in splits.parts().values())


def test_folds_have_it(write, settings):
    rows = ROWS + [(f"star {number}", "none") for number in range(20)]
    splits = load_splits(settings(str(write("all.csv", table(rows))), none_of_these="none", folds=2), seed=0)
    assert [fold.none_of_these for fold in splits.folds] == ["none", "none"]


@pytest.mark.parametrize("label", ["", " \u200b"])
def test_an_empty_label_is_refused(load, label):
    with pytest.raises(UserError, match=r"data\.none_of_these is empty"):
        load(ROWS, ROWS, ROWS, none_of_these=label)


def test_one_other_class_is_not_enough(load):
    with pytest.raises(UserError, match="a classifier needs two classes or more"):
        load([("x", "a"), ("y", "a"), ("the moon", "none")], ROWS, ROWS, none_of_these="none")


def test_several_labels_are_refused(write, settings):
    path = str(write("all.csv", table(ROWS)))
    with pytest.raises(UserError, match="one without labels belongs to none of the classes"):
        load_splits(settings(path, none_of_these="none", separator="|"), seed=0, several=True)


def test_a_model_knows_the_label(write, settings):
    path = str(write("new.csv", table(ROWS[:4] + OUTSIDE)))
    loaded = read_examples(path, settings(path), split="test", label_names=("a", "b", "none"))
    assert loaded.examples.class_counts() == {"a": 2, "b": 2, "none": 2}
