"""Messages and files about the data before a training starts."""

import csv

import pytest

from classifier.errors import UserError
from classifier.pipeline.load import load
from classifier.settings import DataSettings, TrainSettings

ROWS = "".join(f"text {i},{'ham' if i % 2 else 'spam'}\n" for i in range(30))


def test_contradictions_are_counted_and_listed(tmp_path, capsys):
    (tmp_path / "train.csv").write_text(f"text,label\n=1+1,ham\n{ROWS}=1+1,spam\n")
    load(TrainSettings(data=DataSettings(name="test", train=str(tmp_path / "train.csv"), root="")), tmp_path)
    assert (
        "1 text occurs in train with more than one label; contradictions.csv lists the rows." in capsys.readouterr().out
    )
    with (tmp_path / "report" / "contradictions.csv").open(newline="") as file:
        assert list(csv.reader(file))[1:] == [["'=1+1", "ham", "train.csv:2"], ["'=1+1", "spam", "train.csv:33"]]


def test_without_contradictions_there_is_no_list(tmp_path):
    (tmp_path / "train.csv").write_text(f"text,label\n{ROWS}")
    load(TrainSettings(data=DataSettings(name="test", train=str(tmp_path / "train.csv"), root="")), tmp_path)
    assert not (tmp_path / "report" / "contradictions.csv").exists()


@pytest.mark.parametrize("learned", [False, True])
def test_validation_with_texts_of_none_of_the_classes_only_is_refused(tmp_path, learned):
    outside = "".join(f"other {i},none\n" for i in range(5))
    (tmp_path / "train.csv").write_text(f"text,label\n{ROWS}{outside if learned else ''}")
    (tmp_path / "valid.csv").write_text(f"text,label\n{outside.replace('other', 'foreign')}")
    files = {split: str(tmp_path / f"{split}.csv") for split in ("train", "valid")}
    data = DataSettings(name="test", root="", none_of_these="none", **files)
    with pytest.raises(UserError, match="it also needs texts of the other classes"):
        load(TrainSettings(data=data), tmp_path)


def test_texts_that_are_nearly_in_train_are_noticed_unless_it_is_turned_off(tmp_path, capsys):
    texts = ["where is the parcel with the lamp", "please cancel my order of shoes", "thank you for the quick answer"]
    for split, mark in (("train", ""), ("test", "!")):
        rows = "".join(f"{text}{mark},ham\n" for text in texts)
        (tmp_path / f"{split}.csv").write_text(
            f"text,label\n{ROWS}{rows}" if split == "train" else f"text,label\n{rows}"
        )
    files = {split: str(tmp_path / f"{split}.csv") for split in ("train", "test")}
    for near_duplicates in (True, False):
        load(TrainSettings(data=DataSettings(name="test", root="", near_duplicates=near_duplicates, **files)), tmp_path)
        assert ("3 texts of test are nearly the same" in capsys.readouterr().out) == near_duplicates
