"""A class has one name, for all writers of files and all encodings of its letters."""

import csv
import json
import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, strategies
from hypothesis import settings as hypothesis_settings

from classifier.data import KnownClasses, load_splits, read_examples
from classifier.data.labels import canonical_label, class_names, clean_label, folded_label, in_order
from classifier.errors import UserError
from classifier.settings import DataSettings, LabelCase

# A pirate flag and a family are sequences of emoji; the Persian word has a non-joiner, the Sinhala word a joiner.
JOINED = ["🏴‍☠️", "👨‍👩‍👧", "می‌خواهم", "ශ්‍රී"]


@pytest.mark.parametrize("mark", list("\u200b\ufeff\u2060\u00ad\u200d\u200c\u200e\u202a\u2066\u061c\u034f"))
@pytest.mark.parametrize("place", ["{}ham", "ham{}", "h{}am", " {0} ham {0}", "ha{0}{0}m"])
def test_invisible_marks_are_no_part_of_a_label(mark, place):
    assert clean_label(place.format(mark)) == "ham"


@pytest.mark.parametrize("name", [*JOINED, "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️", "ไทย", "naïve", "C++", "=1+1"])
def test_joiners_that_are_spelling_stay(name):
    assert clean_label(f"\u200d {name}\ufeff\u200d") == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("\u00a0not\u2003 spam\t", "not spam"),
        ("cafe\u0301", "caf\u00e9"),
        ("cafe\u200b\u0301", "caf\u00e9"),
        ("\u212a\u200dg", "Kg"),  # the Kelvin sign is a K in NFC
        ("two\nlines", "two lines"),
        ("\u200b\u00a0\ufeff", ""),
    ],
)
def test_blanks_and_composition(label, name):
    assert clean_label(label) == name


@given(
    strategies.text(
        strategies.sampled_from("a Kè\u0301\u200b\u200c\u200d\u00ad\ufeff\u212a\u00a0👨ی\ufe0f"), max_size=8
    )
)
def test_a_clean_label_is_clean(text):
    assert clean_label(clean_label(text)) == clean_label(text)


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("1.0", "1"),
        ("-3.0", "-3"),
        ("-0.0", "0"),
        ("1e+22", "10000000000000000000000"),
        ("4.5", "4.5"),
        ("True", "true"),
        ("TRUE", "true"),
        ("false", "false"),
    ],
)
def test_a_value_is_found_in_its_spelling(label, value):
    assert canonical_label(label) == value
    assert canonical_label(value) == value


TEXTS = ["01", "007", "+1", "1.", ".5", "1.50", "1.00", "1.10", "1e5", "1E+22", "1_000", "-0", "٣", "²", "1 000", "1,5"]


@pytest.mark.parametrize("text", [*TEXTS, "nan", "NaN", "inf", "-inf", "None", "null", "tRUE", "yes", "1" * 5000])
def test_what_no_program_writes_for_a_value_is_text(text):
    assert canonical_label(text) == text


@pytest.mark.parametrize(
    ("counts", "names"),
    [
        ({"0": 1, "0.0": 9, "1.0": 3}, {"0": "0", "0.0": "0", "1.0": "1"}),
        ({"True": 3, "FALSE": 1}, {"True": "true", "FALSE": "false"}),
        ({"1.0": 3, "1.1": 1, "2.0": 1}, {"1.0": "1.0", "1.1": "1.1", "2.0": "2.0"}),
        ({"1": 3, "1.0": 4, "rc": 1}, {"1": "1.0", "1.0": "1.0", "rc": "rc"}),
        ({"1": 3, "1.0": 3, "007": 1}, {"1": "1", "1.0": "1", "007": "007"}),
        ({"True": 3, "true": 4, "mixed": 1}, {"True": "true", "true": "true", "mixed": "mixed"}),
        ({"True": 3, "1": 4}, {"True": "True", "1": "1"}),
        ({"Ham": 3, "ham": 3}, {"Ham": "Ham", "ham": "ham"}),
    ],
)
def test_names_of_classes(counts, names):
    assert class_names(counts, fold=False) == names


@pytest.mark.parametrize(
    ("counts", "names"),
    [
        ({"Ham": 3, "ham": 4, "HAM": 1}, {"Ham": "ham", "ham": "ham", "HAM": "ham"}),
        ({"Ham": 3, "ham": 3}, {"Ham": "Ham", "ham": "Ham"}),
        ({"not spam": 2, "notspam": 1, "Straße": 1, "STRASSE": 2}, {"notspam": "not spam", "Straße": "STRASSE"}),
        ({"1.0": 1, "2": 1}, {"1.0": "1", "2": "2"}),
        ({"❤️": 1, "❤": 2}, {"❤️": "❤", "❤": "❤"}),
    ],
)
def test_names_of_folded_classes(counts, names):
    assert names.items() <= class_names(counts, fold=True).items()


def test_in_order():
    assert in_order(["10", "9", "9.5", "-1"]) == ["-1", "9", "9.5", "10"]
    assert in_order(["10", "9", "x", "9"]) == ["10", "9", "x"]


@given(strategies.text(max_size=4))
def test_folding_is_stable(text):
    label = clean_label(text)
    assert folded_label(label.upper()) == folded_label(folded_label(label.upper()))


def test_known_classes_are_found_by_any_spelling():
    known = KnownClasses(["0", "1.0", "True", "ham", "caf\u00e9"])
    assert [known.find(label) for label in ("0.0", "1", "true", "TRUE", "ham", "Ham", "2")] == [
        *("0", "1.0", "True", "True", "ham", None, None)
    ]
    assert KnownClasses(["ham", "spam"], fold=True).find("S p a m") == "spam"


def test_classes_of_an_older_model_that_are_spellings_of_one_value_keep_apart():
    known = KnownClasses(["1", "1.0", " spam\u200b", "Ham", "ham"], fold=True)
    assert [known.find(label) for label in ("1", "1.0", "spam", "HAM")] == ["1", "1.0", " spam\u200b", None]


def test_an_unknown_label_names_the_near_class_or_the_first_ones():
    known = KnownClasses(["ham", *(f"class {i}" for i in range(3000))])
    assert (
        known.problem("Ham") == "label 'Ham' does not occur in train, but 'ham' does; data.label_case=fold joins them"
    )
    assert known.problem("eggs").startswith("label 'eggs' does not occur in train, which has 'ham', 'class 0', ")
    assert known.problem("eggs").endswith(" and 2,996 more")


# Files as other programs write them.


def python_csv(path: Path, labels: list, delimiter: str = ",") -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows([("text", "label"), *zip(texts(labels), labels, strict=True)])


def json_lines(path: Path, labels: list) -> None:
    rows = [{"text": text, "label": label} for text, label in zip(texts(labels), labels, strict=True)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def frame(labels: list) -> pandas.DataFrame:
    return pandas.DataFrame({"text": texts(labels), "label": labels})


def with_gaps(labels: list) -> pandas.DataFrame:
    return frame([*labels, None])  # which converts integers to floats and booleans to objects


def texts(labels: list) -> list[str]:
    return [f"text {i}" for i in range(len(labels))]


WRITERS: dict[str, tuple[str, Callable[[Path, list], object]]] = {
    "csv": ("csv", python_csv),
    "tsv": ("tsv", lambda path, labels: python_csv(path, labels, "\t")),
    "json": ("jsonl", json_lines),
    "pandas csv": ("csv", lambda path, labels: frame(labels).to_csv(path, index=False)),
    "pandas json": ("jsonl", lambda path, labels: frame(labels).to_json(path, orient="records", lines=True)),
    "pandas csv with a gap": ("csv", lambda path, labels: with_gaps(labels).to_csv(path, index=False)),
    "pandas parquet": ("parquet", lambda path, labels: frame(labels).to_parquet(path)),
    "parquet": (
        "parquet",
        lambda path, labels: pa.parquet.write_table(pa.table({"text": texts(labels), "label": labels}), path),
    ),
}
LABELS = strategies.one_of(
    strategies.lists(strategies.integers(-(2**53), 2**53), min_size=2, max_size=6),
    strategies.lists(strategies.floats(-1e15, 1e15).map(lambda value: round(value, 3) + 0.0), min_size=2, max_size=6),
    strategies.just([True, False, True]),
    strategies.lists(strategies.sampled_from(["ham", " Ham ", "naïve", *TEXTS, "nan", "None"]), min_size=2, max_size=6),
).filter(lambda labels: len({canonical_label(str(label).strip()) for label in labels}) > 1)


@given(labels=LABELS)
@hypothesis_settings(deadline=None, max_examples=60)
def test_a_label_is_the_same_class_in_the_files_of_all_writers(labels):
    with tempfile.TemporaryDirectory() as folder:
        named = {}
        for writer, (ending, write) in WRITERS.items():
            path = Path(folder, f"{writer.replace(' ', '_')}.{ending}")
            write(path, labels)
            how = DataSettings(name="test", root="", max_bad_rows=0.5)
            named[writer] = read_examples(path, how, split="train").examples.named_labels()
    assert named == dict.fromkeys(named, named["csv"])


def one_label_each(labels: list[str]) -> dict[str, object]:
    lists = [[label] for label in labels]
    choices = [{"choices": one} for one in lists]
    return {
        "lists.parquet": pa.table({"text": texts(labels), "label": lists}),
        "choices.parquet": pa.table({"text": texts(labels), "label": choices}),
        "lists.jsonl": "".join(json.dumps({"text": "a", "label": one}) + "\n" for one in lists),
        "choices.jsonl": "".join(json.dumps({"text": "a", "label": one}) + "\n" for one in choices),
        "choices.tsv": "text\tlabel\n"
        + "".join(f'a\t"{json.dumps(one).replace(chr(34), chr(34) * 2)}"\n' for one in choices),
    }


@pytest.mark.parametrize("name", one_label_each([]))
def test_a_list_of_one_label_is_that_label(write, settings, name):
    loaded = read_examples(write(name, one_label_each(["ham", "spam"])[name]), settings(), split="train")
    assert loaded.examples.named_labels() == ["ham", "spam"]


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_short_floats_are_the_decimals_that_pandas_writes(write, settings, kind):
    table = frame([0.1, 4.5, 2.0]).astype({"label": kind})
    table.to_parquet(path := write("a.parquet", ""))
    table.to_csv(other := write("b.csv", ""), index=False)
    names = [read_examples(one, settings(), split="train").examples.named_labels() for one in (path, other)]
    assert names == [["0.1", "4.5", "2.0"]] * 2


def csv_of(*labels: object) -> str:
    return "text,label\n" + "".join(f"text {i},{label}\n" for i, label in enumerate(labels))


def test_a_class_spelled_differently_in_several_files_is_reported(write, settings):
    files = [write("january.csv", csv_of(*[0, 1] * 10)), write("february.csv", csv_of(*["0.0", "1.0"] * 5))]
    loaded = read_examples(list(map(str, files)), settings(), split="train")
    assert loaded.examples.class_counts() == {"0": 15, "1": 15}
    assert [file.classes for file in loaded.files] == [{"0": 10, "1": 10}, {"0": 5, "1": 5}]
    assert loaded.notices == [
        "Labels spelled in several ways: '0' (10) and '0.0' (5) are '0'; '1' (10) and '1.0' (5) are '1'."
    ]


def test_one_class_in_train_and_in_test(write, settings):
    train = str(write("train.csv", csv_of(*["True", "False"] * 10)))
    test = str(write("test.jsonl", '{"text": "a", "label": true}\n{"text": "b", "label": "False"}\n'))
    splits = load_splits(settings(train, test=test), seed=1)
    assert splits.test.named_labels() == ["true", "false"]


def test_classes_that_look_alike_are_noticed_and_can_be_joined(write, settings):
    path = write("train.csv", csv_of("ham", "ham", "Ham", "spam", "not spam", "notspam"))
    kept = read_examples(path, settings(), split="train")
    assert kept.examples.label_names == ("Ham", "ham", "not spam", "notspam", "spam")
    assert kept.notices == [
        "Different classes whose names differ only in case, blanks or invisible marks: 'Ham' (1) and 'ham' (2); "
        "'not spam' (1) and 'notspam' (1). data.label_case=fold joins them."
    ]
    joined = read_examples(path, settings(label_case=LabelCase.fold), split="train")
    assert joined.examples.class_counts() == {"ham": 3, "not spam": 2, "spam": 1}
    assert "'Ham' (1) and 'ham' (2) are 'ham'" in joined.notices[0]


def test_a_test_label_in_another_case(write, settings):
    train, test = str(write("train.csv", csv_of(*["ham", "spam"] * 9))), str(write("test.csv", csv_of("Ham", "SPAM")))
    with pytest.raises(UserError, match=r"label 'Ham' does not occur in train, but 'ham' does; data\.label_case=fold"):
        load_splits(settings(train, test=test), seed=1)
    splits = load_splits(settings(train, test=test, label_case=LabelCase.fold), seed=1)
    assert splits.test.named_labels() == ["ham", "spam"]


def test_a_class_named_like_a_missing_value_is_reported(write, settings):
    rows = "".join(f"text {i},{('good', 'NaN', 'none', 'N/A', 'None')[i % 5]}\n" for i in range(50))
    splits = load_splits(settings(str(write("rows.csv", "text,label\n" + rows))), seed=0)
    assert splits.train.label_names == ("N/A", "NaN", "None", "good", "none")
    (notice,) = [notice for notice in splits.notices if "write a missing label" in notice]
    assert "label: 'N/A' (10), 'NaN' (10). If it is one" in notice
