"""The knobs of the commands that do something with a trained model, or with runs."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from omegaconf import MISSING

from classifier.settings.bounds import COUNT, SEED, SIZE, number
from classifier.settings.shared import DataSettings, LabelCase, Reading, Server


class Split(Enum):
    """On which examples runs are compared."""

    test = "test"
    valid = "valid"


class Score(Enum):
    """The metric by which models are compared."""

    accuracy = "accuracy"
    macro_f1 = "macro_f1"


class Rule(Enum):
    """When a challenger is better than the champion on the same validation examples."""

    interval = "interval"  # the 95 % paired bootstrap interval of the difference lies above 0
    any_gain = "any_gain"  # the difference is above 0


class OnError(Enum):
    """What becomes of a row that cannot be scored: it keeps its place and says why, or the command fails."""

    keep = "keep"
    fail = "fail"


@dataclass
class PublishSettings:
    """All that `python -m classifier.publish` needs."""

    model: str = MISSING  # folder of a SavedModel, run id, or models:/name@champion
    serving_dir: str = MISSING  # TensorFlow Serving's folder of the model; the next version goes there
    tracking: Server = field(default_factory=Server)


class Engine(Enum):
    """Where texts are computed when files are scored."""

    local = "local"
    spark = "spark"  # on the executors of Apache Spark


@dataclass
class ScoreSettings:
    """All that `python -m classifier.score` needs: a model, files to score and where the answers go."""

    model: str = MISSING  # folder of a SavedModel, run id, or models:/name@champion
    input: Any = MISSING  # path, folder, glob or list; CSV, TSV, JSON, Parquet, XLSX, TXT, also .gz, .zst; -: stdin
    output: str = MISSING  # the file to write; its ending says the format, as for input; -: standard output
    format: str = "csv"  # of standard input and output, as the ending of a file: jsonl, csv.gz, ...
    text: Any = None  # short for data.text
    data: Reading = field(default_factory=Reading)  # data.delimiter is also that of a CSV written, always in UTF-8
    columns: Any = None  # of the input that pass through, in this order; None: all
    probabilities: bool = False  # whether each class has a column probability_<label>
    top_k: int = number(0, COUNT)  # columns top_1_label, top_1_score ... for so many of the likeliest classes
    prefix: str = ""  # of the names of the new columns
    on_error: OnError = OnError.keep  # what a row that cannot be scored does
    overwrite: bool = False  # whether an output that exists, or unfinished work of another job, may be replaced
    window_rows: int = number(8192, SIZE)  # among which texts of like length are computed together, and equal ones once
    shard_rows: int = number(65536, SIZE)  # after which a crash loses nothing
    engine: Engine = Engine.local  # spark: texts are computed on a cluster; what is read and written stays the same
    spark_master: str | None = None  # of engine=spark, as local or spark://host:7077; None: as Spark is configured
    tracking: Server = field(default_factory=Server)


@dataclass
class EvaluateSettings:
    """All that `python -m classifier.evaluate` needs: a run or a model, and what to measure it on."""

    run: str | None = None  # run id
    model: str | None = None  # folder of a SavedModel, or models:/name@champion
    data: DataSettings = MISSING
    tracking: Server = field(default_factory=Server)
    seed: int = number(0, SEED)  # of the split, where data.test is not given


@dataclass
class CompareSettings:
    """All that `python -m classifier.compare` needs: one way to name the runs, and what to compare them on."""

    runs: Any = None  # a list of run ids
    experiment: str | None = None  # name of an MLflow experiment: all its finished runs
    sweep: str | None = None  # name or run id of a sweep: all its finished trials and refits
    split: Split = Split.test
    metric: Score = Score.accuracy  # that ranks; the other one is shown as well
    tracking: Server = field(default_factory=Server)


@dataclass
class PromotionSettings:
    """What makes a challenger the champion."""

    rule: Rule = Rule.interval
    metric: Score = Score.accuracy  # on validation
    rollback: bool = False  # back to the previous champion


@dataclass
class PromoteSettings:
    """All that `python -m classifier.promote` needs: whose model is to become the champion of a registered name."""

    name: str = MISSING  # in the model registry
    run: str | None = None  # run id of the challenger
    force: bool = False  # whatever the numbers say
    promote: PromotionSettings = field(default_factory=PromotionSettings)
    tracking: Server = field(default_factory=Server)


@dataclass
class Columns(Reading):
    """The columns of a file to explain, and how to read it."""

    label: str | None = None  # the column of the label; None: there is none
    label_case: LabelCase = LabelCase.keep  # fold: a label finds its class whatever its case and blanks


@dataclass
class Explained:
    """How many texts of a file are explained, and how."""

    most_texts: int | None = number(
        2000, SIZE
    )  # explained at all, for the words of each class; more are sampled; None: every one
    sample: int = number(200, COUNT)  # of them, on which the methods are compared; 0: none
    shown: int = number(10, COUNT)  # texts drawn one by one, and as many of the most confident mistakes


@dataclass
class ExplainSettings:
    """All that `python -m classifier.explain` needs: a model, and a text or files."""

    model: str = MISSING  # folder of a SavedModel, run id, or models:/name@champion
    text: str | None = None  # taken as it is typed
    input: Any = None  # a path, a glob or a list of them; the formats that score reads
    data: Columns = field(default_factory=Columns)
    explain: Explained = field(default_factory=Explained)
    tracking: Server = field(default_factory=Server)
    seed: int = number(0, SEED)  # of the samples and the random orders
