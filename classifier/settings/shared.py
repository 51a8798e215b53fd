"""What training and the other commands have in common."""

from dataclasses import dataclass
from typing import Any

from omegaconf import MISSING

from classifier.settings.passwords import without_passwords

# Shards of a training batch, or batches to predict, that TensorFlow works on side by side, each with its share of the
# cores: small operations gain more from that than from being split themselves. A number of its own, so that the bits
# of a trained model do not depend on how many cores there are.
BRANCHES = 2
TRUNCATIONS = ("head", "tail", "head_tail")  # what is kept of a text that is too long


@dataclass
class DataSettings:
    """Where the labelled texts are and how to read them."""

    name: str = MISSING
    train: Any = None  # a path, a glob or a list of them; CSV, TSV, JSON Lines, Parquet, also .gz and .zst
    valid: Any = None  # as train; None: a stratified share of train
    test: Any = None  # as train; None: a stratified share of train
    text: Any = "text"  # the column of the text, or a list of columns to join
    label: str = "label"  # the column of the label
    root: str = "${oc.env:CLASSIFIER_DATA,data}"  # folder of the named data sets
    encoding: str = "utf-8"  # of CSV, TSV and JSON Lines
    delimiter: str | None = None  # of CSV; None: a comma, or a tab in .tsv
    valid_share: float = 0.1  # of train, where valid is None
    test_share: float = 0.1  # of train, where test is None
    split_seed: int | None = None  # of what is split off train; None: seed
    max_bad_rows: float = 0.01  # share of unusable rows in a file above which training refuses


@dataclass
class Server:
    """Where runs and models are kept. Nothing leaves the machine unless `uri` names another one."""

    uri: str = "sqlite:///mlflow.db"  # SQLite file, database or MLflow server; commands: else MLFLOW_TRACKING_URI

    @property
    def shown(self) -> str:
        """The address without its password."""
        return without_passwords(self.uri)
