"""Settings that training and other commands share."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from omegaconf import MISSING

from classifier.settings.bounds import ALL_OR_LESS, FOLDS, SEED, SHARE, number
from classifier.settings.passwords import without_passwords

# Number of shards of a training batch, or of batches to predict, that TensorFlow computes in parallel, each on a share
# of the cores: small operations gain more from this than from intra-operation parallelism. It is constant, so that a
# trained model does not depend on the number of cores, bit for bit.
BRANCHES = 2
POOLINGS = ("additive", "dot", "mean", "max", "first")  # choices of pooling=concat
PROJECTIONS = ("query", "key", "value", "output", "expand", "contract")  # of a block, that encoder.tune=lora can update
TRUNCATIONS = ("head", "tail", "head_tail")  # parts of a long text that are kept


class LabelCase(Enum):
    """Whether labels that differ only in case, whitespace or invisible characters are one class."""

    keep = "keep"
    fold = "fold"


class Quotes(Enum):
    """Meaning of quotation marks in CSV and TSV."""

    auto = "auto"  # detected from the beginning of each file
    double = "double"  # they enclose a field, and are doubled inside such a field
    none = "none"  # they are part of the text, like any other character
    backslash = "backslash"  # as double, and a mark after a backslash is part of the text


class DataFormat(Enum):
    """Which program or library wrote the files of labelled texts."""

    auto = "auto"  # recognized where a file or folder plainly says so, otherwise table
    table = "table"  # one row per text, with columns: CSV, TSV, JSON, Parquet, XLSX
    label_studio = "label_studio"
    doccano = "doccano"
    prodigy = "prodigy"
    fasttext = "fasttext"
    rasa = "rasa"
    folders = "folders"  # one for each class, with a text per file
    huggingface = "huggingface"
    spacy = "spacy"
    argilla = "argilla"
    comprehend = "comprehend"  # of Amazon
    vertex = "vertex"  # of Google
    azure = "azure"  # of Microsoft


class Agreement(Enum):
    """Which label a text gets if several annotators labelled it."""

    majority = "majority"  # the label that most of them chose; a tie is rejected
    unanimous = "unanimous"  # the label that all of them chose; any other text is rejected


@dataclass
class Reading:
    """How to read files; every command that reads files has these keys under `data`."""

    text: Any = "text"  # column of the text, or a list of columns to join; review.body: a nested key of JSON
    encoding: str = "utf-8"  # of CSV, TSV, JSON and plain text
    delimiter: str | None = (
        None  # of CSV; None: as declared by a first line such as sep=;, else a comma, or a tab in .tsv
    )
    quotes: Quotes = Quotes.auto  # of CSV and TSV
    header: bool = True  # whether CSV, TSV and XLSX files have a header; false: columns are numbered from 0


@dataclass
class DataSettings(Reading):
    """Labelled data, and how to read and split them."""

    name: str = MISSING
    train: Any = None  # a path, a glob or a list of them; CSV, TSV, JSON, Parquet, XLSX, also .gz and .zst
    valid: Any = None  # as train; None: a stratified share of train
    test: Any = None  # as train; None: a stratified share of train
    unlabelled: Any = None  # as train, without labels; a teacher labels these texts
    label: Any = "label"  # column of the label, or a list of columns with 0 or 1, one per label
    separator: str | None = None  # between the labels of a text that has several in one cell, such as "|"
    label_case: LabelCase = LabelCase.keep  # fold: labels that differ only in case or whitespace are one class
    none_of_these: str | None = None  # label of texts that belong to none of the classes; no text needs to have it
    format: DataFormat = DataFormat.auto  # the program or library that wrote the files
    agreement: Agreement = Agreement.majority  # the label of a text that several annotators labelled
    root: str = "${oc.env:CLASSIFIER_DATA,data}"  # folder of the named data sets
    valid_share: float = number(0.1, SHARE)  # share of train to split off if valid is None
    test_share: float = number(0.1, SHARE)  # share of train to split off if test is None; 0: no test split
    # Number of parts of train for a cross-validation, which takes the place of the test split; None: a test split.
    folds: int | None = number(None, FOLDS)
    split_seed: int | None = number(None, SEED)  # seed of the split; None: seed
    group: str | None = None  # column; rows with the same value are never in two splits
    time: str | None = None  # column of dates or numbers; valid and test come after train
    near_duplicates: bool = True  # whether to look for texts that are nearly the same in two splits
    max_bad_rows: float = number(0.01, ALL_OR_LESS)  # maximum share of unusable rows in a file


@dataclass
class Server:
    """Where runs and models are stored. Nothing leaves this machine unless `uri` names another machine."""

    uri: str = "sqlite:///mlflow.db"  # SQLite file, database or MLflow server; commands default to MLFLOW_TRACKING_URI

    @property
    def safe_uri(self) -> str:
        """The address without its password."""
        return without_passwords(self.uri)
