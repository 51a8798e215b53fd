"""Every knob of a training that is always present."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from omegaconf import MISSING

from classifier.settings.bounds import COUNT, NOT_NEGATIVE, SEED, SHARE, SIZE, Bounds, number
from classifier.settings.shared import DataSettings, Server

WIDTH = Bounds(at_least=1, at_most=65_536)  # of vectors


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


class Activation(Enum):
    """Of a block's hidden layer, by Keras's name."""

    celu = "celu"
    elu = "elu"
    exponential = "exponential"
    gelu = "gelu"
    hard_sigmoid = "hard_sigmoid"
    hard_silu = "hard_silu"
    hard_tanh = "hard_tanh"
    leaky_relu = "leaky_relu"
    linear = "linear"
    mish = "mish"
    relu = "relu"
    relu6 = "relu6"
    selu = "selu"
    sigmoid = "sigmoid"
    silu = "silu"
    softplus = "softplus"
    softsign = "softsign"
    tanh = "tanh"


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


class Tune(Enum):
    """Which weights of a pretrained encoder are trained."""

    full = "full"  # all blocks
    top = "top"  # the last `top_blocks`
    frozen = "frozen"  # none; only the layer that makes logits learns


@dataclass
class EncoderSettings:
    """What every encoder has; what pools its states is a folder of its own."""

    head_dropout: float = number(0.5, SHARE)
    linear: Linear = Linear.ngrams  # its share in the answer is fitted on validation


@dataclass
class ScratchSettings(EncoderSettings):
    """An encoder that is learned from scratch; how it attends is a folder of its own."""

    depth: int = number(MISSING, Bounds(at_least=0, at_most=100))  # encoder blocks
    width: int = number(MISSING, WIDTH)  # of a token's vector
    intermediate_dim: int = number(MISSING, WIDTH)  # of a block's hidden layer
    activation: Activation = Activation.relu  # of a block's hidden layer
    block: Block = Block.own
    normalize: Normalize = Normalize.before
    positions: Positions = Positions.learned
    dropout: float = number(0.1, SHARE)  # of what each half of a block adds
    token_dropout: float = number(0.2, SHARE)  # share of tokens that become unknown while training
    embedding_dropout: float = number(0.5, SHARE)


@dataclass
class PretrainedSettings(EncoderSettings):
    """An encoder that others pretrained."""

    source: str = MISSING  # folder in Hugging Face's layout, or package:<name>/<folder>
    tune: Tune = Tune.full
    top_blocks: int = number(2, Bounds(at_least=1, at_most=100))  # that tune=top trains
    tune_embeddings: bool = False  # whether tune=full also trains the vectors of tokens and positions
    dropout: float = number(0.1, SHARE)  # of attention weights, and of what each half of a block adds
    head_dropout: float = number(0.1, SHARE)


@dataclass
class TrainerSettings:
    """How long and how the model is trained."""

    epochs: int | None = number(
        None, Bounds(at_least=1, at_most=10_000)
    )  # at most; None: 3 to 20, the fewer the more examples and the fewer classes
    batch_size: int = number(32, Bounds(at_least=1, at_most=100_000))
    schedule: Schedule = Schedule.cosine
    warmup_ratio: float = number(0.1, SHARE)  # of all steps, in which the learning rate rises
    loss: Loss = Loss.cross_entropy
    focal_gamma: float = number(
        2.0, Bounds(at_least=0, at_most=100)
    )  # of the focal loss: 0 is cross-entropy, the larger, the less the learnt counts
    label_smoothing: float = number(0.1, SHARE)
    class_weights: Any = None  # None, balanced, or {label: weight}
    ema_decay: float = number(
        0.99, SHARE
    )  # decay per step of the average of the weights that is evaluated; 0: no average
    monitor: Monitor = Monitor.log_loss  # validation metric that chooses the best epoch
    patience: int = number(
        4, SIZE
    )  # epochs after which training stops if neither that nor the encoder's own log-loss got better
    precision: Precision = Precision.auto
    deterministic: bool = True  # the same seed gives the same weights, bit for bit
    checkpoint_seconds: float = number(60.0, NOT_NEGATIVE)  # a checkpoint is also written within an epoch, so often
    resume: bool = False  # continue the newest unfinished run of this same command
    validation_only: bool = False  # leave the test split alone and export nothing, as the trials of a search do


@dataclass
class TrackingSettings(Server):
    """How a run is kept."""

    enabled: bool = True  # false: there is no run in MLflow, only the folder with report and model
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
    retries: int = number(0, COUNT)  # further attempts at a trial that crashed
    fail_fast: bool = False  # end the sweep at the first trial that failed
    refit: bool = False  # train the best setting at the end; until then the test split is left alone
    seeds: int = number(3, Bounds(at_least=1, at_most=1000))  # 0, 1, ... with which refit trains


@dataclass
class TrainSettings:
    """All that `python -m classifier.train` needs; the folders hold a class in `_target_` and its arguments."""

    data: DataSettings = MISSING
    tokenizer: dict[str, Any] = MISSING
    encoder: EncoderSettings = MISSING  # ScratchSettings or PretrainedSettings
    attention: dict[str, Any] = MISSING
    pooling: dict[str, Any] = MISSING
    optimizer: dict[str, Any] = MISSING
    trainer: TrainerSettings = field(default_factory=TrainerSettings)
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    export: ExportSettings = field(default_factory=ExportSettings)
    seed: int = number(0, SEED)  # of the split, the weights, dropout and the order of the batches
    recipe: Any = None
    sweep: SweepSettings = field(default_factory=SweepSettings)
