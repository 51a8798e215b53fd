"""Every knob that is always present, typed, with its default and its unit; imports no other room but errors.

A folder of `conf/train/` in which a reader chooses a class (tokenizer, attention, pooling, optimizer) is not
here: its YAML names the class in `_target_`, and the constructor's arguments are its keys.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from omegaconf import MISSING

from classifier.errors import UserError

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


class Normalize(Enum):
    """Where a block normalises: before each half, or after its residual."""

    before = "before"
    after = "after"


class Positions(Enum):
    """How the model knows the order of the tokens."""

    learned = "learned"
    sinusoidal = "sinusoidal"
    rotary = "rotary"  # not by what is embedded, but by attention=rotary
    none = "none"


class Block(Enum):
    """Whose encoder block it is."""

    own = "own"
    keras_nlp = "keras_nlp"  # its TransformerEncoder, to compare with


class Loss(Enum):
    """What training makes small."""

    cross_entropy = "cross_entropy"
    focal = "focal"  # cross-entropy of what is learnt already counts less (Lin et al. 2017, equation 4)


class Schedule(Enum):
    """How the learning rate falls after the warm-up."""

    cosine = "cosine"
    linear = "linear"
    constant = "constant"


class Monitor(Enum):
    """The validation metric that chooses the best epoch; of log_loss the lowest, of the others the highest."""

    accuracy = "accuracy"
    macro_precision = "macro_precision"
    macro_recall = "macro_recall"
    macro_f1 = "macro_f1"
    log_loss = "log_loss"


class Precision(Enum):
    """In what the matrix products of a training step are computed; all else, and every prediction, is float32."""

    auto = "auto"  # bfloat16 where the processor has instructions for it
    float32 = "float32"
    bfloat16 = "bfloat16"


class Linear(Enum):
    """What stands beside the encoder: nothing, or a linear classifier on n-grams of words and of characters."""

    none = "none"
    ngrams = "ngrams"


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


@dataclass
class ModelSettings:
    """The encoder; what pools its states and how it attends are folders of their own."""

    depth: int = MISSING  # encoder blocks
    width: int = MISSING  # of a token's vector
    feed_forward_width: int = MISSING  # of a block's hidden layer
    activation: str = "relu"  # of a block's hidden layer, by Keras's name
    block: Block = Block.own
    normalize: Normalize = Normalize.before
    positions: Positions = Positions.learned
    dropout: float = 0.1  # of what each half of a block adds
    token_dropout: float = 0.2  # share of tokens that become unknown while training
    embedding_dropout: float = 0.5
    head_dropout: float = 0.5
    linear: Linear = Linear.ngrams  # its share in the answer is fitted on validation


@dataclass
class TrainerSettings:
    """How long and how the model is trained."""

    epochs: int | None = None  # at most; None: 3 to 20, the fewer the more examples and the fewer classes
    batch_size: int = 32
    schedule: Schedule = Schedule.cosine
    warmup_share: float = 0.1  # of all steps, in which the learning rate rises
    loss: Loss = Loss.cross_entropy
    focal_gamma: float = 2.0  # of the focal loss: 0 is cross-entropy, the larger, the less the learnt counts
    label_smoothing: float = 0.1
    class_weights: Any = None  # None, balanced, or {label: weight}
    weight_average: float = 0.99  # decay per step of the average of the weights that is evaluated; 0: no average
    monitor: Monitor = Monitor.log_loss  # validation metric that chooses the best epoch
    patience: int = 4  # epochs without a better value after which training stops
    precision: Precision = Precision.auto
    deterministic: bool = True  # the same seed gives the same weights, bit for bit
    checkpoint_seconds: float = 60.0  # a checkpoint is also written within an epoch, so often
    resume: bool = False  # continue the newest unfinished run of this same command
    validation_only: bool = False  # leave the test split alone and export nothing, as the trials of a search do


@dataclass
class Server:
    """Where runs and models are kept. Nothing leaves the machine unless `uri` names another one."""

    uri: str = "sqlite:///mlflow.db"  # SQLite file or MLflow server


@dataclass
class TrackingSettings(Server):
    """How a run is kept."""

    experiment: str = "${data.name}"  # runs are listed by experiment
    run_name: str | None = None  # None: MLflow makes one up
    run_id: str | None = None  # of a run made before, which trainer.resume=true continues; None: found by its settings
    register: str | None = None  # name in the model registry under which the model is registered
    system_metrics: bool = True  # processor and memory use as series
    tensorboard: bool = False  # also write logs for TensorBoard


@dataclass
class ExportSettings:
    """What is written beside the SavedModel in `model/`, which is always there, and where it is published."""

    formats: Any = "savedmodel"  # one or a list: savedmodel, onnx, litert
    weights: Any = "float32"  # one or a list: float32, float16, bfloat16, int8; see EXPORTS
    serving_dir: str | None = None  # TensorFlow Serving's folder of the model; the next version goes there


NOT_IN_LITERT = ("AdditiveAttention", "ConcatAttention", "LocalAttention")  # loops and slices of unknown shape

# What weights can be stored in. The halves are computed with in float32; int8 products are quantised as they come.
EXPORTS = {
    "savedmodel": ("float32", "float16", "bfloat16"),
    "onnx": ("float32", "float16", "int8"),
    "litert": ("float32", "float16", "int8"),
}


@dataclass
class SweepSettings:
    """What `-m` makes of many trainings, its trials; one training alone has no use for it."""

    name: str | None = None  # under which the sweep is found again; None: by its settings, data and code
    objective: Any = None  # a metric of a trial, or a list of them; None: that of trainer.monitor on validation
    resume: bool = True  # continue the sweep of this name or of this same command
    retries: int = 0  # further attempts at a trial that crashed
    fail_fast: bool = False  # end the sweep at the first trial that failed
    refit: bool = False  # train the best setting at the end; until then the test split is left alone
    seeds: int = 3  # 0, 1, ... with which refit trains


@dataclass
class TrainSettings:
    """All that `python -m classifier.train` needs; the folders hold a class in `_target_` and its arguments."""

    data: DataSettings = MISSING
    tokenizer: dict[str, Any] = MISSING
    model: ModelSettings = MISSING
    attention: dict[str, Any] = MISSING
    pooling: dict[str, Any] = MISSING
    optimizer: dict[str, Any] = MISSING
    trainer: TrainerSettings = field(default_factory=TrainerSettings)
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    export: ExportSettings = field(default_factory=ExportSettings)
    seed: int = 0  # of the split, the weights, dropout and the order of the batches
    experiment: Any = None
    sweep: SweepSettings = field(default_factory=SweepSettings)


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


@dataclass
class ScoreSettings:
    """All that `python -m classifier.score` needs: a model, files to score and where the answers go."""

    model: str = MISSING  # folder of a SavedModel, run id, or models:/name@champion
    input: Any = MISSING  # path, folder, glob or list; CSV, TSV, JSON Lines, Parquet, also .gz, .zst; -: standard input
    output: str = MISSING  # the file to write; its ending says the format, as for input; -: standard output
    format: str = "csv"  # of standard input and output, as the ending of a file: jsonl, csv.gz, ...
    text: Any = "text"  # the column of the text, or a list of columns to join
    encoding: str = "utf-8"  # of CSV, TSV and JSON Lines read; what is written is UTF-8
    delimiter: str | None = None  # of CSV read and written; None: a comma, or a tab in .tsv
    columns: Any = None  # of the input that pass through, in this order; None: all
    probabilities: bool = False  # whether each class has a column probability_<label>
    top_k: int = 0  # columns top_1_label, top_1_score ... for so many of the likeliest classes
    prefix: str = ""  # of the names of the new columns
    on_error: OnError = OnError.keep  # what a row that cannot be scored does
    overwrite: bool = False  # whether an output that exists, or unfinished work of another job, may be replaced
    window_rows: int = 8192  # among which texts of like length are computed together, and equal ones once
    shard_rows: int = 65536  # after which a crash loses nothing
    tracking: Server = field(default_factory=Server)


@dataclass
class EvaluateSettings:
    """All that `python -m classifier.evaluate` needs: a run or a model, and what to measure it on."""

    run: str | None = None  # run id
    model: str | None = None  # folder of a SavedModel, or models:/name@champion
    data: DataSettings = MISSING
    tracking: Server = field(default_factory=Server)
    seed: int = 0  # of the split, where data.test is not given


@dataclass
class CompareSettings:
    """All that `python -m classifier.compare` needs: one way to name the runs, and what to compare them on."""

    runs: Any = None  # a list of run ids
    experiment: str | None = None  # name of an MLflow experiment: all its finished runs
    sweep: str | None = None  # run id of a parent run: all its finished children
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
class Columns:
    """The columns of a file to explain, and how to read it."""

    text: Any = "text"  # the column of the text, or a list of columns to join
    label: str | None = None  # the column of the label; None: there is none
    encoding: str = "utf-8"  # of CSV, TSV and JSON Lines
    delimiter: str | None = None  # of CSV; None: a comma, or a tab in .tsv


@dataclass
class Explained:
    """How many texts of a file are explained, and how."""

    most_texts: int | None = 2000  # explained at all, for the words of each class; more are sampled; None: every one
    sample: int = 200  # of them, on which the methods are compared; 0: none
    shown: int = 10  # texts drawn one by one, and as many of the most confident mistakes


@dataclass
class ExplainSettings:
    """All that `python -m classifier.explain` needs: a model, and a text or files."""

    model: str = MISSING  # folder of a SavedModel, run id, or models:/name@champion
    text: str | None = None  # taken as it is typed
    input: Any = None  # a path, a glob or a list of them; CSV, TSV, JSON Lines, Parquet, also .gz and .zst
    data: Columns = field(default_factory=Columns)
    explain: Explained = field(default_factory=Explained)
    tracking: Server = field(default_factory=Server)
    seed: int = 0  # of the samples and the random orders


def check_rules(settings: Any) -> None:
    """Refuses what no single field can know to be wrong.

    Raises:
        UserError: naming the keys, before any data is read.
    """
    if isinstance(settings, CompareSettings):
        check_one_source(settings)
    if isinstance(settings, PromoteSettings):
        check_registry_name("name", settings.name)
        if (settings.run is None) != settings.promote.rollback:
            raise UserError("Give either run=<run id> or promote.rollback=true, beside name=.")
    if isinstance(settings, ExplainSettings):
        check_explain(settings)
    if not isinstance(settings, TrainSettings):
        return
    if settings.data.train is None:
        raise UserError("data.train has no value yet: give it with data.train=file.csv.")
    heads, width = settings.attention.get("heads", 1), settings.model.width
    shares = {
        "model.dropout": settings.model.dropout,
        "model.token_dropout": settings.model.token_dropout,
        "model.embedding_dropout": settings.model.embedding_dropout,
        "model.head_dropout": settings.model.head_dropout,
        "trainer.label_smoothing": settings.trainer.label_smoothing,
        "trainer.weight_average": settings.trainer.weight_average,
        "trainer.warmup_share": settings.trainer.warmup_share,
        "attention.dropout": settings.attention.get("dropout", 0.0),
    }
    positive = {
        "model.width": width,
        "model.feed_forward_width": settings.model.feed_forward_width,
        "attention.heads": heads,
        "trainer.epochs": 1 if settings.trainer.epochs is None else settings.trainer.epochs,
        "trainer.batch_size": settings.trainer.batch_size,
        "attention.window": settings.attention.get("window", 1),
        "trainer.patience": settings.trainer.patience,
        "tokenizer.max_tokens": settings.tokenizer["max_tokens"],
        "sweep.seeds": settings.sweep.seeds,
        "optimizer.learning_rate": settings.optimizer["learning_rate"],
    }
    for key, value in positive.items():
        if value <= 0:
            raise UserError(f"{key}={value} must be above 0.")
    for key, value in (("model.depth", settings.model.depth), ("trainer.focal_gamma", settings.trainer.focal_gamma)):
        if value < 0:
            raise UserError(f"{key}={value} must be at least 0.")
    for key, share in shares.items():
        if not 0 <= share < 1:
            raise UserError(f"{key}={share} must be at least 0 and below 1.")
    if settings.tracking.register is not None:
        check_registry_name("tracking.register", settings.tracking.register)
    if settings.seed < 0:
        raise UserError(f"seed={settings.seed} must be at least 0.")
    if settings.tokenizer["truncation"] not in TRUNCATIONS:
        given, known = settings.tokenizer["truncation"], ", ".join(TRUNCATIONS)
        raise UserError(f"tokenizer.truncation={given} is not one of {known}.")
    if settings.tokenizer["vocabulary_size"] < 3:
        raise UserError(f"tokenizer.vocabulary_size={settings.tokenizer['vocabulary_size']} must be at least 3.")
    check_attention(settings)
    chosen_exports(settings.export)
    if width % heads:
        raise UserError(f"model.width={width} is not a multiple of attention.heads={heads}.")


def check_attention(settings: TrainSettings) -> None:
    """Refuses a block, positions or a format that do not go with the attention that is chosen."""
    mechanism = settings.attention["_target_"].rpartition(".")[2]
    if mechanism in NOT_IN_LITERT and "litert" in as_list(settings.export.formats):
        raise UserError(
            "export.formats=litert has no operations for attention=additive, concat and local; onnx has, "
            "and LiteRT has them for keras_additive and keras_concat."
        )
    if settings.model.positions is Positions.rotary and mechanism != "RotaryAttention":
        raise UserError(
            "model.positions=rotary needs attention=rotary, which turns queries and keys by their positions."
        )
    if settings.model.block is Block.keras_nlp and mechanism != "MultiHeadAttention":
        raise UserError(
            "model.block=keras_nlp brings its own attention; leave attention=multi_head, whose heads it takes."
        )


def check_one_source(settings: CompareSettings) -> None:
    """Refuses runs that are named in no way or in two."""
    given = [one for one in (settings.runs, settings.experiment, settings.sweep) if one is not None]
    if len(given) != 1:
        raise UserError("Give one of runs=[<run id>,<run id>,...], experiment=<name> and sweep=<parent run id>.")
    if settings.runs is not None and not (isinstance(settings.runs, list) and len(set(settings.runs)) > 1):
        raise UserError(f"runs={as_typed(settings.runs)}: two different run ids or more are compared, as runs=[A,B].")


def check_registry_name(key: str, name: str) -> None:
    """Refuses a name that the registry would, or could not find again."""
    if not name.strip() or any(sign in name for sign in "/:'"):
        raise UserError(
            f"{key}={name}: a name in the registry is not empty and has no /, no colon and no quotation mark."
        )


def check_explain(settings: ExplainSettings) -> None:
    """Refuses what no single field of `classifier.explain` can know to be wrong."""
    if settings.text is None and settings.input is None:
        raise UserError('Say what to explain: text="..." or input=file.csv.')
    if settings.text is not None and settings.input is not None:
        raise UserError("Give either text= or input=, not both; the column of a file is data.text=.")
    if settings.text is not None and not settings.text.strip():
        raise UserError("text= is empty: there is nothing to explain.")
    for key, value, least in (
        ("explain.sample", settings.explain.sample, 0),
        ("explain.shown", settings.explain.shown, 0),
        ("explain.most_texts", settings.explain.most_texts, 1),
        ("seed", settings.seed, 0),
    ):
        if value is not None and value < least:
            raise UserError(f"{key}={value} must be at least {least}.")


def chosen_exports(settings: ExportSettings) -> list[tuple[str, str]]:
    """Each format with each of the weights that it can hold.

    >>> chosen_exports(ExportSettings(["savedmodel", "onnx"], ["float32", "int8"]))
    [('savedmodel', 'float32'), ('onnx', 'float32'), ('onnx', 'int8')]

    Raises:
        UserError: for an unknown one, and for one that goes with none of the others.
    """
    formats, weights = as_list(settings.formats), as_list(settings.weights)
    every = list(dict.fromkeys(kind for possible in EXPORTS.values() for kind in possible))
    for key, given, known in (("formats", formats, list(EXPORTS)), ("weights", weights, every)):
        for one in given:
            if one not in known:
                raise UserError(f"export.{key}={one} is not one of {', '.join(known)}.")
        if not given:
            raise UserError(f"export.{key} is empty: choose from {', '.join(known)}.")
    for one in formats:
        if not set(weights) & set(EXPORTS[one]):
            raise UserError(
                f"export.weights={as_typed(settings.weights)}: {one} can hold {', '.join(EXPORTS[one])} only."
            )
    for one in weights:
        if not any(one in EXPORTS[kind] for kind in formats):
            holding = ", ".join(kind for kind in EXPORTS if one in EXPORTS[kind])
            raise UserError(f"export.weights={one} needs one of export.formats={holding}.")
    return [(kind, one) for kind in dict.fromkeys(formats) for one in dict.fromkeys(weights) if one in EXPORTS[kind]]


def as_list(value: Any) -> list[Any]:
    """The list, or the one value as a list."""
    return list(value) if isinstance(value, list | tuple) else [value]


UNDECIDING = ("trainer.resume", "experiment")  # as tracking, sweep and export: they change nothing of what is learned


def as_overrides(settings: TrainSettings, choices: Mapping[str, str]) -> dict[str, str]:
    """Every setting that decides the result, by its name on the command line, as it would be typed there.

    Args:
        settings: to flatten; tracking, sweeping, resuming and export decide nothing.
        choices: the chosen file of each folder.
    """
    typed = {
        folder: choice for folder, choice in choices.items() if choice and not folder.startswith(("hydra", "sweep"))
    }

    def add(key: str, value: Any) -> None:
        if isinstance(value, dict) and key != "trainer.class_weights":
            for name, inner in value.items():
                add(f"{key}.{name}" if key else name, inner)
        elif (
            not key.startswith(("tracking.", "export.", "sweep."))
            and not key.endswith("._target_")
            and key not in UNDECIDING
        ):
            typed[key] = as_typed(value)

    add("", asdict(settings))
    return typed


def as_typed(value: Any) -> str:
    """A value in Hydra's grammar.

    >>> as_typed(None), as_typed(True), as_typed(["a", 2]), as_typed({"spam": 2.0})
    ('null', 'true', '[a,2]', '{spam:2.0}')
    """
    if value is None:
        return "null"
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ",".join(f"{name}:{as_typed(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(as_typed(inner) for inner in value) + "]"
    return str(value)
