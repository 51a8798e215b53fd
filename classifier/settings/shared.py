"""What training and the other commands have in common."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from omegaconf import MISSING, OmegaConf

from classifier.settings.bounds import SEED, SHARE, Bounds, number
from classifier.settings.passwords import without_passwords

# Shards of a training batch, or batches to predict, that TensorFlow works on side by side, each with its share of the
# cores: small operations gain more from that than from being split themselves. A number of its own, so that the bits
# of a trained model do not depend on how many cores there are.
BRANCHES = 2
TRUNCATIONS = ("head", "tail", "head_tail")  # what is kept of a text that is too long


FROM_ENVIRONMENT = "${oc.env:MLFLOW_TRACKING_URI,sqlite:///mlflow.db}"


class LabelCase(Enum):
    """Whether labels that differ in case, blanks or an invisible mark only are one class."""

    keep = "keep"
    fold = "fold"


@dataclass
class DataSettings:
    """Where the labelled texts are and how to read them."""

    name: str = MISSING
    train: Any = None  # a path, a glob or a list of them; CSV, TSV, JSON Lines, Parquet, also .gz and .zst
    valid: Any = None  # as train; None: a stratified share of train
    test: Any = None  # as train; None: a stratified share of train
    text: Any = "text"  # the column of the text, or a list of columns to join
    label: str = "label"  # the column of the label
    label_case: LabelCase = LabelCase.keep  # fold: labels that differ in case or blanks only are one class
    root: str = "${oc.env:CLASSIFIER_DATA,data}"  # folder of the named data sets
    encoding: str = "utf-8"  # of CSV, TSV and JSON Lines
    delimiter: str | None = None  # of CSV; None: a comma, or a tab in .tsv
    valid_share: float = number(0.1, SHARE)  # of train, where valid is None
    test_share: float = number(0.1, SHARE)  # of train, where test is None
    split_seed: int | None = number(None, SEED)  # of what is split off train; None: seed
    max_bad_rows: float = number(
        0.01, Bounds(at_least=0, at_most=1)
    )  # share of unusable rows in a file above which training refuses


@dataclass
class Server:
    """Where runs and models are kept. Nothing leaves the machine unless `uri` names another one."""

    uri: str = FROM_ENVIRONMENT  # SQLite file, database or MLflow server

    def __post_init__(self) -> None:
        if self.uri == FROM_ENVIRONMENT:  # made by a program, where no configuration resolves it
            self.uri = OmegaConf.create({"uri": self.uri}).uri

    @property
    def shown(self) -> str:
        """The address without its password."""
        return without_passwords(self.uri)
