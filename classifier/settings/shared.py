"""What training and the other commands have in common."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from omegaconf import MISSING

from classifier.settings.bounds import ALL_OR_LESS, SEED, SHARE, number
from classifier.settings.passwords import without_passwords

# Shards of a training batch, or batches to predict, that TensorFlow works on side by side, each with its share of the
# cores: small operations gain more from that than from being split themselves. A number of its own, so that the bits
# of a trained model do not depend on how many cores there are.
BRANCHES = 2
POOLINGS = ("additive", "dot", "mean", "max", "first")  # that pooling=concat puts side by side
TRUNCATIONS = ("head", "tail", "head_tail")  # what is kept of a text that is too long


class LabelCase(Enum):
    """Whether labels that differ in case, blanks or an invisible mark only are one class."""

    keep = "keep"
    fold = "fold"


class Quotes(Enum):
    """What a quotation mark means in CSV and TSV."""

    auto = "auto"  # decided from the beginning of each file
    double = "double"  # it encloses a field; inside such a field it is written twice
    none = "none"  # it is part of the text, like any other character
    backslash = "backslash"  # as double, and a backslash in front of a mark makes it part of the text


@dataclass
class Reading:
    """How files are read; every command that reads files has these keys under `data`."""

    text: Any = "text"  # the column of the text, or a list of columns to join; review.body: a key inside JSON
    encoding: str = "utf-8"  # of CSV, TSV, JSON and plain text
    delimiter: str | None = None  # of CSV; None: as a first line such as sep=; says, else a comma, or a tab in .tsv
    quotes: Quotes = Quotes.auto  # of CSV and TSV
    header: bool = True  # of CSV, TSV and XLSX; false: there is none, and columns are numbered from 0


@dataclass
class DataSettings(Reading):
    """Where the labelled texts are and how to read them."""

    name: str = MISSING
    train: Any = None  # a path, a glob or a list of them; CSV, TSV, JSON, Parquet, XLSX, also .gz and .zst
    valid: Any = None  # as train; None: a stratified share of train
    test: Any = None  # as train; None: a stratified share of train
    label: str = "label"  # the column of the label
    label_case: LabelCase = LabelCase.keep  # fold: labels that differ in case or blanks only are one class
    root: str = "${oc.env:CLASSIFIER_DATA,data}"  # folder of the named data sets
    valid_share: float = number(0.1, SHARE)  # of train, where valid is None
    test_share: float = number(0.1, SHARE)  # of train, if test is None; 0: all of it is learned from, none is tested
    split_seed: int | None = number(None, SEED)  # of what is split off train; None: seed
    max_bad_rows: float = number(0.01, ALL_OR_LESS)  # share of unusable rows in a file above which training refuses


@dataclass
class Server:
    """Where runs and models are kept. Nothing leaves the machine unless `uri` names another one."""

    uri: str = "sqlite:///mlflow.db"  # SQLite file, database or MLflow server; commands: else MLFLOW_TRACKING_URI

    @property
    def shown(self) -> str:
        """The address without its password."""
        return without_passwords(self.uri)
