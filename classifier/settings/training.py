"""Settings of a training."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from omegaconf import MISSING

from classifier.settings.bounds import COUNT, NOT_NEGATIVE, OPEN_FRACTION, SEED, SHARE, SIZE, Bounds, number
from classifier.settings.shared import DataSettings, Server

WIDTH = Bounds(at_least=1, at_most=65_536)  # size of vectors


class Normalize(Enum):
    """Where a block normalizes: before each half, or after its residual connection."""

    before = "before"
    after = "after"


class Positions(Enum):
    """How the model encodes the positions of tokens."""

    learned = "learned"
    sinusoidal = "sinusoidal"
    rotary = "rotary"  # in the attention, with attention=rotary, not in the embedding
    none = "none"


class Block(Enum):
    """Implementation of the encoder block."""

    own = "own"
    keras_nlp = "keras_nlp"  # TransformerEncoder of KerasNLP, for comparison


class Activation(Enum):
    """Keras activation of the hidden layer of a block."""

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
    """Loss that training minimizes."""

    cross_entropy = "cross_entropy"
    focal = "focal"  # cross-entropy with a smaller weight for well-classified examples (Lin et al. 2017, equation 4)


class Schedule(Enum):
    """Decay of the learning rate after the warm-up."""

    cosine = "cosine"
    linear = "linear"
    constant = "constant"


class Monitor(Enum):
    """Validation metric that selects the best epoch: the lowest log_loss, or the highest value of any other metric."""

    accuracy = "accuracy"
    macro_precision = "macro_precision"
    macro_recall = "macro_recall"
    macro_f1 = "macro_f1"
    log_loss = "log_loss"


class Precision(Enum):
    """Precision of the matrix products in a training step; everything else, including prediction, is in float32."""

    auto = "auto"  # bfloat16 if the processor has instructions for it
    float32 = "float32"
    bfloat16 = "bfloat16"


class Linear(Enum):
    """Model next to the encoder: none, or a linear classifier on n-grams of words and of characters."""

    none = "none"
    ngrams = "ngrams"


class Tune(Enum):
    """The weights of a pretrained encoder that are trained."""

    full = "full"  # all blocks
    lora = "lora"  # low-rank updates of some projections of each block
    top = "top"  # the last `top_blocks`
    frozen = "frozen"  # none; only the output layer is trained


@dataclass
class EncoderSettings:
    """Common settings of all encoders; pooling has a separate folder."""

    head_dropout: float = number(0.5, SHARE)
    linear: Linear = Linear.ngrams  # its weight is fitted on validation


@dataclass
class ScratchSettings(EncoderSettings):
    """Settings of an encoder that is trained from scratch; attention has a separate folder."""

    depth: int = number(MISSING, Bounds(at_least=0, at_most=100))  # number of encoder blocks
    width: int = number(MISSING, WIDTH)  # size of token vectors
    intermediate_dim: int = number(MISSING, WIDTH)  # size of a block's hidden layer
    activation: Activation = Activation.relu  # of a block's hidden layer
    block: Block = Block.own
    normalize: Normalize = Normalize.before
    positions: Positions = Positions.learned
    dropout: float = number(0.1, SHARE)  # of the output of each half of a block
    token_dropout: float = number(0.2, SHARE)  # share of tokens that are replaced with unknown during training
    embedding_dropout: float = number(0.5, SHARE)


@dataclass
class PretrainedSettings(EncoderSettings):
    """Settings of a pretrained encoder."""

    source: str = MISSING  # folder in Hugging Face's layout, or package:<name>/<folder>
    tune: Tune = Tune.full
    top_blocks: int = number(2, Bounds(at_least=1, at_most=100))  # number of blocks that tune=top trains
    lora_rank: int = number(8, Bounds(at_least=1, at_most=1024))  # that tune=lora gives each update
    lora_projections: Any = field(default_factory=lambda: ["query", "value"])  # that tune=lora updates
    tune_embeddings: bool = False  # whether tune=full also trains the embeddings
    layer_decay: float = number(1.0, Bounds(above=0, at_most=1))  # of the learning rate, from a block to the one below
    dropout: float = number(0.1, SHARE)  # of attention weights, and of the output of each half of a block
    head_dropout: float = number(0.1, SHARE)


@dataclass
class TrainerSettings:
    """Settings of the training loop."""

    # Maximum number; None: 3 to 20, fewer with more examples and fewer classes.
    epochs: int | None = number(None, Bounds(at_least=1, at_most=10_000))
    batch_size: int = number(32, Bounds(at_least=1, at_most=100_000))
    schedule: Schedule = Schedule.cosine
    warmup_ratio: float = number(0.1, SHARE)  # share of steps in which the learning rate rises
    loss: Loss = Loss.cross_entropy
    # Gamma of the focal loss; 0 is cross-entropy, larger values reduce the weight of well-classified examples.
    focal_gamma: float = number(2.0, Bounds(at_least=0, at_most=100))
    # None: 0.1, or 0 for a pretrained encoder with few texts per class.
    label_smoothing: float | None = number(None, SHARE)
    class_weights: Any = None  # None, balanced, or {label: weight}
    ema_decay: float = number(
        0.99, SHARE
    )  # per step, of the moving average of weights that is evaluated; 0: no average
    monitor: Monitor = Monitor.log_loss  # validation metric that selects the best epoch
    patience: int = number(4, SIZE)  # epochs without improvement of monitor and encoder log-loss before training stops
    precision: Precision = Precision.auto
    deterministic: bool = True  # the same seed gives the same weights, bit for bit
    checkpoint_seconds: float = number(60.0, NOT_NEGATIVE)  # interval of checkpoints within an epoch
    resume: bool = False  # continue the newest unfinished run of the same command
    validation_only: bool = False  # neither evaluate on test nor export, as in the trials of a search


@dataclass
class DistillSettings:
    """Settings of a training that learns from another model."""

    # A folder of a SavedModel or of a training, run id, or models:/name@champion; or files of probabilities.
    teacher: Any = None


@dataclass
class TrackingSettings(Server):
    """Settings of experiment tracking."""

    enabled: bool = True  # false: no run in MLflow, only the folder with report and model
    experiment: str = "${data.name}"  # MLflow experiment of the run
    run_name: str | None = None  # None: the data, and the settings that differ from the defaults
    run_id: str | None = None  # of an earlier run that trainer.resume=true continues; None: found by its settings
    register: str | None = None  # name under which the model is registered in the model registry
    system_metrics: bool = False  # log processor and memory usage
    tensorboard: bool = False  # also write logs for TensorBoard


@dataclass
class AbstainSettings:
    """When the model accepts its own answer, by a threshold that is chosen on validation; at most one of the keys."""

    precision: float | None = number(None, OPEN_FRACTION)  # share of accepted answers that are right, 95 % confidence
    coverage: float | None = number(None, OPEN_FRACTION)  # share of texts whose answer is accepted
    mistake_cost: float | None = number(None, Bounds(above=1, at_most=1e6))  # of a mistake; abstaining costs 1


class TaskKind(Enum):
    """How many labels a text has."""

    auto = "auto"  # several if the data plainly have several per text, otherwise one
    single_label = "single_label"
    multi_label = "multi_label"  # any number, also none


class Maximize(Enum):
    """What the thresholds of labels maximize on validation."""

    macro_f1 = "macro_f1"  # F1 of each label, by a threshold of its own
    micro_f1 = "micro_f1"  # F1 over all labels, by a common threshold


@dataclass
class LabelsSettings:
    """Which labels a text has if it can have several, by thresholds that are chosen on validation."""

    maximize: Maximize = Maximize.macro_f1
    precision: float | None = number(None, OPEN_FRACTION)  # of each label on validation; takes the place of maximize


class LabelSets(Enum):
    """By what a label belongs to the label set of a text."""

    lac = "lac"  # its probability: the smallest sets on average
    aps = "aps"  # half of it and that of all less likely labels: larger sets for harder texts


@dataclass
class CoverageSettings:
    """Label sets with a promised coverage, by thresholds that are chosen on validation."""

    coverage: float | None = number(None, OPEN_FRACTION)  # share of texts whose label set contains the right label
    coverage_by_class: bool = False  # whether it holds for each class with enough validation examples
    label_sets: LabelSets = LabelSets.lac


@dataclass
class ExportSettings(CoverageSettings):
    """Export formats, in addition to the SavedModel that is always written to `model/`, and publishing."""

    formats: Any = "savedmodel"  # one or a list: savedmodel, onnx, litert
    weights: Any = "float32"  # one or a list: float32, float16, bfloat16, int8; see EXPORTS
    serving_dir: str | None = None  # TensorFlow Serving's folder of the model; the next version goes there


NOT_IN_LITERT = ("AdditiveAttention", "ConcatAttention", "LocalAttention")  # loops and slices of unknown shape

# Storage types of weights. Half-precision weights are converted to float32; int8 quantizes activations dynamically.
EXPORTS = {
    "savedmodel": ("float32", "float16", "bfloat16"),
    "onnx": ("float32", "float16", "int8"),
    "litert": ("float32", "float16", "int8"),
}


@dataclass
class SweepSettings:
    """Settings of a sweep, many trainings (trials) that `-m` starts; they have no effect on a single training."""

    name: str | None = None  # by which the sweep is found when it is resumed; None: by its settings, data and code
    objective: Any = None  # a metric, or a list of metrics; None: trainer.monitor on validation
    resume: bool = True  # continue the sweep with the same name, or of the same command
    retries: int = number(0, COUNT)  # number of retries of a crashed trial
    fail_fast: bool = False  # stop the sweep at the first failed trial
    refit: bool = False  # train the best setting at the end, and only then evaluate on test
    seeds: int = number(3, Bounds(at_least=1, at_most=1000))  # number of seeds, from 0, with which refit trains


@dataclass
class TrainSettings:
    """Settings of `python -m classifier.train`; dictionaries name a class in `_target_` and hold its arguments."""

    data: DataSettings = MISSING
    task: TaskKind = TaskKind.auto
    tokenizer: dict[str, Any] = MISSING
    encoder: EncoderSettings = MISSING  # ScratchSettings or PretrainedSettings
    attention: dict[str, Any] = MISSING
    pooling: dict[str, Any] = MISSING
    optimizer: dict[str, Any] = MISSING
    trainer: TrainerSettings = field(default_factory=TrainerSettings)
    distill: DistillSettings = field(default_factory=DistillSettings)
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    abstain: AbstainSettings = field(default_factory=AbstainSettings)
    labels: LabelsSettings = field(default_factory=LabelsSettings)
    export: ExportSettings = field(default_factory=ExportSettings)
    seed: int = number(0, SEED)  # of the split, the weights, dropout and the order of the batches
    recipe: Any = None
    sweep: SweepSettings = field(default_factory=SweepSettings)
