"""Settings of the commands that use trained models or runs."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from omegaconf import MISSING

from classifier.settings.bounds import COUNT, SEED, SIZE, number
from classifier.settings.shared import DataSettings, LabelCase, Reading, Server
from classifier.settings.training import AbstainSettings, CoverageSettings, LabelsSettings


class Split(Enum):
    """Examples on which runs are compared."""

    test = "test"
    valid = "valid"


class Score(Enum):
    """The metric by which models are compared."""

    accuracy = "accuracy"
    macro_f1 = "macro_f1"


class Rule(Enum):
    """Criterion by which a challenger is better than the champion on the same validation examples."""

    interval = "interval"  # the 95 % paired bootstrap interval of the difference lies above 0
    any_gain = "any_gain"  # the difference is above 0


class OnError(Enum):
    """Treatment of rows that cannot be scored: keep the row with an error message, or fail."""

    keep = "keep"
    fail = "fail"


@dataclass
class PublishSettings:
    """Settings of `python -m classifier.publish`."""

    model: str = MISSING  # folder of a training or SavedModel, latest, run id, models:/name@champion
    serving_dir: str = MISSING  # TensorFlow Serving's folder of the model; the next version goes there
    tracking: Server = field(default_factory=Server)


class Engine(Enum):
    """Where the model is computed when files are scored."""

    local = "local"
    spark = "spark"  # on the executors of Apache Spark


@dataclass
class ScoreSettings:
    """Settings of `python -m classifier.score`: the model, the files to score and the output."""

    model: str = MISSING  # folder of a training or SavedModel, latest, run id, models:/name@champion
    input: Any = MISSING  # path, folder, glob or list; CSV, TSV, JSON, Parquet, XLSX, TXT, also .gz, .zst; -: stdin
    output: str = MISSING  # the file to write; its extension determines the format; -: standard output
    format: str = "csv"  # of standard input and output, as a file extension: jsonl, csv.gz, ...
    text: Any = None  # short for data.text
    data: Reading = field(default_factory=Reading)  # data.delimiter also applies to CSV output, which is in UTF-8
    columns: Any = None  # input columns to copy to the output, in this order; None: all
    probabilities: bool = False  # whether to add a column probability_<label> for each class
    top_k: int = number(0, COUNT)  # number of most likely classes with columns top_1_label, top_1_score, ...
    prefix: str = ""  # of the names of the new columns
    on_error: OnError = OnError.keep  # treatment of rows that cannot be scored
    overwrite: bool = False  # whether to replace an existing output, or unfinished work of another job
    window_rows: int = number(
        8192, SIZE
    )  # rows within which equal texts are computed once, and similar lengths batched
    shard_rows: int = number(65536, SIZE)  # rows between two saved states: a crash loses at most these
    engine: Engine = Engine.local  # spark: the model is computed on a cluster; input and output are the same
    spark_master: str | None = None  # for engine=spark, such as local or spark://host:7077; None: Spark's configuration
    tracking: Server = field(default_factory=Server)


@dataclass
class EvaluateSettings:
    """Settings of `python -m classifier.evaluate`: a run or a model, and the data to evaluate it on."""

    run: str | None = None  # run id
    model: str | None = None  # folder of a training or SavedModel, latest, or models:/name@champion
    data: DataSettings = MISSING
    tracking: Server = field(default_factory=Server)
    seed: int = number(0, SEED)  # of the split, if data.test is not given


@dataclass
class DecidedTracking(Server):
    """Where the model with other decisions is stored."""

    enabled: bool = True  # false: no run in MLflow, only the folder with report and model
    register: str | None = None  # name under which the model is registered in the model registry


@dataclass
class DecideSettings:
    """Settings of `python -m classifier.decide`: a model, and its new decisions; the others stay as they are."""

    model: str = MISSING  # folder of a training or SavedModel, latest, run id, models:/name@champion
    abstain: AbstainSettings = field(default_factory=AbstainSettings)
    labels: LabelsSettings = field(default_factory=LabelsSettings)
    export: CoverageSettings = field(default_factory=CoverageSettings)
    data: DataSettings = MISSING  # data.valid: labelled texts; None: the validation texts of the training
    tracking: DecidedTracking = field(default_factory=DecidedTracking)


@dataclass
class CompareSettings:
    """Settings of `python -m classifier.compare`: the runs, and how to compare them."""

    runs: Any = None  # a list of run ids
    experiment: str | None = None  # name of an MLflow experiment: all its finished runs
    sweep: str | None = None  # name or run id of a sweep: all its finished trials and refits
    split: Split = Split.test
    metric: Score = Score.accuracy  # by which runs are ranked; the other metric is shown as well
    tracking: Server = field(default_factory=Server)


@dataclass
class PromotionSettings:
    """Conditions under which a challenger becomes the champion."""

    rule: Rule = Rule.interval
    metric: Score = Score.accuracy  # on validation
    rollback: bool = False  # restore the previous champion


@dataclass
class PromoteSettings:
    """Settings of `python -m classifier.promote`: the model that becomes the champion of a registered name."""

    name: str = MISSING  # in the model registry
    run: str | None = None  # run id of the challenger
    force: bool = False  # promote regardless of the metrics
    promote: PromotionSettings = field(default_factory=PromotionSettings)
    tracking: Server = field(default_factory=Server)


class Fix(Enum):
    """What an audit does with the rows that have issues, in new files."""

    drop = "drop"  # leave them out
    relabel = "relabel"  # give them the suggested label, if there is one


@dataclass
class AuditOptions:
    """What an audit writes."""

    fix: Fix | None = None  # also write new files; None: only list the issues


@dataclass
class AuditSettings:
    """Settings of `python -m classifier.audit`: the labelled texts."""

    data: DataSettings = MISSING
    audit: AuditOptions = field(default_factory=AuditOptions)
    seed: int = number(0, SEED)  # of the models that look for wrong labels


@dataclass
class CleanSettings:
    """Settings of `python -m classifier.clean`: whether to delete what it lists."""

    delete: bool = False  # false: only list
    outputs: str = "outputs"  # folder with the output folders of trainings
    tracking: Server = field(default_factory=Server)


@dataclass
class Columns(Reading):
    """Columns of a file to explain, and how to read the file."""

    label: Any = None  # column of the label, or several of 0 and 1; None: the file has no labels
    separator: str | None = None  # between several labels of a text; None: as in the training of the model
    label_case: LabelCase = LabelCase.keep  # fold: labels are matched with classes regardless of case and whitespace


@dataclass
class Explained:
    """What is explained, and for how many texts of a file."""

    label: str | None = None  # a label that is explained for every text, instead of those that it gets
    most_texts: int | None = number(2000, SIZE)  # for the words of each class, sampled if there are more; None: all
    sample: int = number(200, COUNT)  # texts on which the methods are compared; 0: none
    shown: int = number(10, COUNT)  # texts that are drawn, and number of most confident mistakes that are drawn


@dataclass
class ExplainSettings:
    """Settings of `python -m classifier.explain`: a model, and a text or files."""

    model: str = MISSING  # folder of a training or SavedModel, latest, run id, models:/name@champion
    text: str | None = None  # used exactly as typed
    input: Any = None  # a path, a glob or a list of them, in any format that classifier.score reads
    data: Columns = field(default_factory=Columns)
    explain: Explained = field(default_factory=Explained)
    tracking: Server = field(default_factory=Server)
    seed: int = number(0, SEED)  # of the samples and the random orders
