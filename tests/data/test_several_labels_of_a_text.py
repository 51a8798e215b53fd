"""Several labels per text: how files write them, when they are recognized, and how they are split."""

import json

import numpy as np
import pytest

from classifier.data import load_splits, read_examples
from classifier.data.several_labels import has_several, refuse_joined
from classifier.data.stratified_sets import stratified_sets
from classifier.errors import UserError
from classifier.settings import LabelCase, TaskKind

SETS = [("joy",), ("joy", "anger"), (), ("fear",)]
TEXTS = ["one", "two", "three", "four"]


def lines(sets=SETS) -> str:
    return "".join(
        json.dumps({"text": text, "label": list(labels)}) + "\n" for text, labels in zip(TEXTS, sets, strict=False)
    )


def cells(separator: str) -> str:
    return "text,label\n" + "".join(
        f'{text},"{separator.join(labels)}"\n' for text, labels in zip(TEXTS, SETS, strict=True)
    )


FLAGS = "text,joy,anger,fear\none,1,0,\ntwo,1.0,True,false\nthree,0,0,0\nfour,0,0,1\n"
NUMPY = "text,label\n" + "".join(
    f'{text},"[{" ".join(map(repr, labels))}]"\n' for text, labels in zip(TEXTS, SETS, strict=True)
)
PANDAS = "text,label\n" + "".join(f'{text},"{list(labels)}"\n' for text, labels in zip(TEXTS, SETS, strict=True))


@pytest.mark.parametrize(
    ("name", "content", "others"),
    [
        ("in.jsonl", lines(), {}),
        ("in.parquet", {"text": TEXTS, "label": [list(labels) for labels in SETS]}, {}),
        ("in.csv", cells("|"), {"separator": "|"}),
        ("in.csv", cells(" ; "), {"separator": ";"}),
        ("in.csv", PANDAS, {}),
        ("in.csv", NUMPY, {}),
        ("in.csv", FLAGS, {"label": ["joy", "anger", "fear"]}),
    ],
)
def test_every_way_to_write_several_labels(write, settings, name, content, others):
    path = write(name, content)
    given = settings(str(path), **others)
    assert has_several(TaskKind.auto, given)
    examples = read_examples(path, given, split="train", several=True).examples
    assert examples.label_names == ("anger", "fear", "joy")
    assert [set(labels) for labels in examples.named_labels()] == [set(labels) for labels in SETS]
    assert examples.class_counts() == {"anger": 1, "fear": 1, "joy": 2}


def test_a_column_of_a_label_holds_zeros_and_ones(write, settings):
    path = write("in.csv", FLAGS.replace("three,0", "three,maybe"))
    loaded = read_examples(
        path, settings(str(path), label=["joy", "anger", "fear"], max_bad_rows=0.5), split="train", several=True
    )
    (reject,) = loaded.rejects
    assert (reject.row, reject.column) == (4, "joy") and "'maybe' is neither 0 nor 1" in reject.reason


def test_a_label_that_train_does_not_have_is_rejected_by_name(write, settings):
    train = write("train.jsonl", lines())
    test = write("test.jsonl", lines([("joy", "hope"), ("FEAR", "joy")]))
    given = settings(str(train), test=str(test), label_case=LabelCase.fold, valid_share=0.3, max_bad_rows=0.5)
    splits = load_splits(given, seed=1, several=True)
    assert splits.test is not None and splits.test.named_labels() == [("fear", "joy")]
    assert "'hope' does not occur in train" in splits.rejects[0].reason


@pytest.mark.parametrize(
    ("content", "several"),
    [(lines([("joy",), ("fear",)]), False), (lines([("joy",), ("fear", "joy")]), True), (lines([(), ("joy",)]), False)],
)
def test_only_a_list_of_several_labels_says_plainly_that_there_can_be_several(write, settings, content, several):
    assert has_several(TaskKind.auto, settings(str(write("in.jsonl", content)))) == several


def test_contradictions_between_task_and_data(settings):
    with pytest.raises(UserError, match=r"task=single_label contradicts data\.separator"):
        has_several(TaskKind.single_label, settings("in.csv", separator="|"))
    assert has_several(TaskKind.multi_label, settings("in.csv"))


def test_several_labels_of_a_single_label_task_are_a_problem_that_names_the_way_out(write, settings):
    path = write("in.jsonl", lines([("joy",), ("fear",), ("fear", "joy")]))
    loaded = read_examples(path, settings(str(path), max_bad_rows=0.5), split="train")
    assert "the row has 2 labels; task=multi_label" in loaded.rejects[0].reason


def test_labels_that_consist_of_other_labels_are_doubtful():
    with pytest.raises(UserError, match=r"'joy\|fear' consist.*data\.separator=\"\|\".*task=single_label"):
        refuse_joined({"joy": 5, "fear": 3, "joy|fear": 1})
    refuse_joined({"joy": 5, "a/c": 3, "tips, or not": 1})


def test_every_label_has_its_share_in_every_part():
    random = np.random.default_rng(3)
    labels = (random.random((997, 7)) < [0.5, 0.3, 0.1, 0.05, 0.02, 0.01, 0.4]).astype(np.int8)
    texts = [f"text {number}" for number in range(997)]
    parts = stratified_sets(texts, labels, [0.2, 0.1], seed=1)
    assert sorted(np.concatenate(parts).tolist()) == list(range(997))
    for part, share in zip(parts, (0.7, 0.2, 0.1), strict=True):
        assert len(part) == pytest.approx(997 * share, abs=5)
        counts = labels[part].sum(axis=0)
        assert (np.abs(counts - share * labels.sum(axis=0)) <= 2 + 0.02 * labels.sum(axis=0)).all()
    again, other = (stratified_sets(texts, labels, [0.2, 0.1], seed=seed) for seed in (1, 2))
    assert all((one == two).all() for one, two in zip(parts, again, strict=True))
    assert any(len(one) != len(two) or (one != two).any() for one, two in zip(parts, other, strict=True))


def test_copies_of_a_text_stay_together_and_a_label_of_one_text_stays_in_train():
    texts = ["same", "same ", "other", "more", "last", "one", "two", "three"]
    labels = np.zeros((8, 3), np.int8)
    labels[:2, 0], labels[2:, 1], labels[4, 2] = 1, 1, 1
    for seed in range(20):
        train, rest = stratified_sets(texts, labels, [0.4], seed=seed)
        assert (0 in train) == (1 in train) and 4 in train and len(rest)


def test_groups_stay_together_and_every_label_has_its_share(write, settings):
    random = np.random.default_rng(5)
    rows = [
        {"text": f"text {row}", "who": row // 5, "label": [name for name in "abcdefgh" if random.random() < 0.3]}
        for row in range(1000)
    ]
    path = write("in.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    splits = load_splits(settings(str(path), group="who", valid_share=0.2, test_share=0.2), seed=1, several=True)
    groups = [{int(text.split()[1]) // 5 for text in part.texts} for part in splits.parts().values()]
    assert not (groups[0] & groups[1] or groups[0] & groups[2] or groups[1] & groups[2])
    for part, share in zip(splits.parts().values(), (0.6, 0.2, 0.2), strict=True):
        assert len(part) == pytest.approx(1000 * share, abs=10)
        counts = np.array(list(part.class_counts().values()))
        assert (counts > 0.8 * share * 300).all()


def test_a_typo_in_the_column_of_a_parquet_file_is_a_sentence(write, settings):
    path = write("in.parquet", {"text": TEXTS, "labels": [list(labels) for labels in SETS]})
    with pytest.raises(UserError, match=r"has no column 'label'\. Did you mean 'labels'"):
        has_several(TaskKind.auto, settings(str(path)))


def test_too_few_texts_to_split_are_explained(write, settings):
    path = write("in.jsonl", lines())
    with pytest.raises(UserError, match=r"4 texts cannot be split so that (test|valid) has any: add texts"):
        load_splits(settings(str(path)), seed=1, several=True)


def test_a_separator_and_a_column_without_effect_are_noticed(write, settings):
    path = write("in.csv", "text,label\none,joy;fear\ntwo,joy\n")
    loaded = read_examples(path, settings(str(path), separator="#"), split="train", several=True)
    assert loaded.notices == ["data.separator='#' separates no labels: every text has at most one."]
    path = write("in.csv", "text,joy,fear,hope\none,1,0,0\ntwo,1,1,0\n")
    loaded = read_examples(path, settings(str(path), label=["joy", "fear", "hope"]), split="train", several=True)
    assert loaded.notices == ["No text has the label of these columns, so the model will not know it: 'hope'."]
