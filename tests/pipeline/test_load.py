"""Messages and files about the data before a training starts."""

import csv

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
