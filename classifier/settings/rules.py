"""Rules that concern several settings, or that the type of a setting cannot express."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from classifier.errors import UserError
from classifier.settings.bounds import check_bounds, is_number
from classifier.settings.commands import CompareSettings, DecideSettings, ExplainSettings, PromoteSettings
from classifier.settings.shared import POOLINGS, PROJECTIONS, TRUNCATIONS, DataSettings
from classifier.settings.targets import TARGET
from classifier.settings.training import (
    EXPORTS,
    NOT_IN_LITERT,
    AbstainSettings,
    Block,
    CoverageSettings,
    ExportSettings,
    LabelSets,
    LabelsSettings,
    Positions,
    PretrainedSettings,
    ScratchSettings,
    TrainSettings,
    Tune,
)
from classifier.settings.typed import as_typed

PRETRAINED_TOKENIZER = ".pretrained_tokenizer"
TUNED_BY = {  # settings of a pretrained encoder, and the choices with which they have an effect
    "top_blocks": [Tune.top],
    "lora_rank": [Tune.lora],
    "lora_projections": [Tune.lora],
    "tune_embeddings": [Tune.full],
    "layer_decay": [Tune.full, Tune.lora, Tune.top],
}


def check_rules(settings: Any) -> None:
    """Checks the rules of all settings, before any data is read.

    Raises:
        UserError: if a rule is violated; the message names the keys.
    """
    check_bounds(settings)
    if isinstance(settings, CompareSettings):
        check_one_source(settings)
    if isinstance(settings, PromoteSettings):
        check_registry_name("name", settings.name)
        if (settings.run is None) != settings.promote.rollback:
            raise UserError("Give either run=<run id> or promote.rollback=true, next to name=.")
    if isinstance(settings, ExplainSettings):
        check_explain(settings)
    if isinstance(settings, DecideSettings):
        check_decide(settings)
    if isinstance(settings, TrainSettings):
        check_training(settings)


def check_training(settings: TrainSettings) -> None:
    """Checks the settings of `classifier.train`."""
    if settings.data.train is None:
        raise UserError("data.train has no value yet: give it with data.train=file.csv.")
    if not settings.tracking.experiment.strip():
        raise UserError("tracking.experiment is empty: give the experiment a name.")
    if not settings.tracking.enabled:
        check_untracked(settings)
    if settings.tracking.register is not None:
        check_registry_name("tracking.register", settings.tracking.register)
    check_choice("tokenizer.truncation", settings.tokenizer.get("truncation", TRUNCATIONS[0]), TRUNCATIONS)
    poolings = settings.pooling.get("poolings", POOLINGS)
    if not poolings:
        raise UserError(f"pooling.poolings is empty: choose from {', '.join(POOLINGS)}.")
    for pooling in poolings:
        check_choice("pooling.poolings", pooling, POOLINGS)
    check_class_weights(settings.trainer.class_weights)
    check_decisions(settings.abstain, settings.export, settings.labels)
    if settings.data.separator is not None and not settings.data.separator.strip():
        raise UserError("data.separator is blank, but labels may contain blanks: separate them with another character.")
    if settings.data.unlabelled is not None and settings.distill.teacher is None:
        raise UserError(
            "data.unlabelled needs a teacher, which labels these texts: name a model with distill.teacher=, or leave "
            "data.unlabelled out."
        )
    if settings.data.folds is not None:
        check_folds(settings)
    chosen_exports(settings.export)
    if isinstance(settings.encoder, ScratchSettings):
        check_scratch(settings, settings.encoder)
    elif isinstance(settings.encoder, PretrainedSettings):
        check_pretrained(settings, settings.encoder)


def check_folds(settings: TrainSettings) -> None:
    """Checks that no setting is given that a cross-validation cannot follow."""
    data, folds = settings.data, f"data.folds={settings.data.folds}"
    for key, file in (("data.valid", data.valid), ("data.test", data.test)):
        if file is not None:
            raise UserError(
                f"{folds} measures on the texts of data.train: leave out either data.folds or {key}={as_typed(file)}."
            )
    if data.test_share not in (0, DataSettings.test_share):
        raise UserError(f"{folds} sets no test split aside: leave out either data.folds or data.test_share.")
    if data.time is not None:
        raise UserError(f"{folds} would learn from the future: leave out either data.folds or data.time={data.time}.")
    if settings.trainer.validation_only:
        raise UserError(
            f"{folds} measures the model at the end, which trainer.validation_only=true leaves out, as in a search: "
            "search without data.folds, and train the best settings with it."
        )
    if settings.distill.teacher is not None:
        raise UserError(
            f"{folds} cannot be combined with distill.teacher, which may have learned the labels it is measured on."
        )
    if settings.export.coverage is not None or any(value is not None for value in asdict(settings.abstain).values()):
        raise UserError(
            f"{folds} cannot measure abstain= and export.coverage, whose thresholds each model chooses for itself: "
            "set a test split aside instead."
        )


def check_choice(key: str, given: Any, known: Sequence[str]) -> None:
    """Checks that a value is one of the known names."""
    if given not in known:
        raise UserError(f"{key}={given} is not one of {', '.join(known)}.")


def check_untracked(settings: TrainSettings) -> None:
    """Checks that no setting is given that requires a run in MLflow."""
    wanted = {
        "trainer.resume=true": settings.trainer.resume,
        "tracking.run_id": settings.tracking.run_id,
        "tracking.register": settings.tracking.register,
    }
    for key, given in wanted.items():
        if given:
            raise UserError(f"{key} needs a run in MLflow: leave out tracking.enabled=false.")


def check_class_weights(weights: Any) -> None:
    """Checks that class weights are null, `balanced` or a mapping to positive numbers; labels are checked later."""
    if weights is None or weights == "balanced":
        return
    if not isinstance(weights, dict):
        raise UserError(f"trainer.class_weights={as_typed(weights)} is neither null, balanced nor {{label: weight}}.")
    for label, weight in weights.items():
        if not is_number(weight) or not 0 < weight < math.inf:
            raise UserError(f"trainer.class_weights.{label}={weight} is not a number above 0.")


def check_decisions(abstain: AbstainSettings, export: CoverageSettings, labels: LabelsSettings) -> None:
    """Checks that there is at most one rule for each threshold, and no setting of label sets without their coverage."""
    given = [f"abstain.{key}={value:g}" for key, value in asdict(abstain).items() if value is not None]
    if len(given) > 1:
        raise UserError(f"{' and '.join(given)} are two rules for the same threshold: give one of them.")
    for key, value in (("coverage_by_class", export.coverage_by_class), ("label_sets", export.label_sets.name)):
        if export.coverage is None and value not in (False, LabelSets.lac.name):
            raise UserError(f"export.{key} has no effect without export.coverage, such as export.coverage=0.9.")
    if labels.precision is not None and labels.maximize is not LabelsSettings.maximize:
        raise UserError("labels.maximize and labels.precision are two rules for the same thresholds: give one of them.")


def check_decide(settings: DecideSettings) -> None:
    """Checks the settings of `classifier.decide`, as far as they do not depend on the model."""
    if settings.tracking.register is not None:
        check_registry_name("tracking.register", settings.tracking.register)
        if not settings.tracking.enabled:
            raise UserError("tracking.register needs a run in MLflow: leave out tracking.enabled=false.")
    for key in ("train", "test"):
        if getattr(settings.data, key) is not None:
            raise UserError(f"data.{key} has no effect: the thresholds are chosen on data.valid=.")


def check_scratch(settings: TrainSettings, encoder: ScratchSettings) -> None:
    """Checks that tokenizer, block, positions and export formats are compatible with the encoder and its attention."""
    if settings.tokenizer[TARGET].endswith(PRETRAINED_TOKENIZER):
        raise UserError("tokenizer=pretrained needs encoder=minilm or encoder=pretrained, which brings its vocabulary.")
    mechanism = settings.attention[TARGET].rpartition(".")[2]
    if mechanism in NOT_IN_LITERT and "litert" in as_list(settings.export.formats):
        raise UserError(
            "export.formats=litert has no operations for attention=additive, concat and local; onnx has, "
            "and LiteRT has them for keras_additive and keras_concat."
        )
    if encoder.positions is Positions.rotary and mechanism != "RotaryAttention":
        raise UserError(
            "encoder.positions=rotary needs attention=rotary, which turns queries and keys by their positions."
        )
    if encoder.block is Block.keras_nlp and mechanism != "MultiHeadAttention":
        raise UserError(
            "encoder.block=keras_nlp brings its own attention; leave attention=multi_head, whose heads it takes."
        )
    if encoder.block is Block.keras_nlp and settings.attention.get("dropout"):
        raise UserError(
            "attention.dropout has no effect with encoder.block=keras_nlp, whose attention has encoder.dropout."
        )
    heads, width = settings.attention.get("num_heads", 1), encoder.width
    if width % heads:
        raise UserError(f"encoder.width={width} is not a multiple of attention.num_heads={heads}.")
    if mechanism == "RotaryAttention" and width // heads % 2:
        raise UserError(
            f"attention=rotary turns pairs of features: encoder.width={width} leaves an odd {width // heads} to "
            f"each of attention.num_heads={heads}."
        )


def check_pretrained(settings: TrainSettings, encoder: PretrainedSettings) -> None:
    """Checks that no settings of other encoders are given, and those of low-rank updates and learning rates."""
    if not settings.tokenizer[TARGET].endswith(PRETRAINED_TOKENIZER):
        raise UserError("A pretrained encoder reads texts with its own tokenizer: leave out tokenizer=.")
    if settings.attention != {TARGET: "classifier.attention.MultiHeadAttention", "num_heads": 4, "dropout": 0.0}:
        raise UserError("A pretrained encoder brings its own attention: leave out attention= and its keys.")
    if encoder.layer_decay < 1 and not settings.optimizer[TARGET].endswith(".training.adamw.AdamW"):
        raise UserError("encoder.layer_decay needs optimizer=adamw.")
    if not as_list(encoder.lora_projections):
        raise UserError(f"encoder.lora_projections is empty: choose from {', '.join(PROJECTIONS)}.")
    for one in as_list(encoder.lora_projections):
        check_choice("encoder.lora_projections", one, PROJECTIONS)
    check_tuned(encoder)


def check_tuned(encoder: PretrainedSettings) -> None:
    """Checks that no setting is given that has no effect with the choice of `encoder.tune`."""
    default, tune = PretrainedSettings(), encoder.tune
    for key, choices in TUNED_BY.items():
        if getattr(encoder, key) != getattr(default, key) and tune not in choices:
            names = " or ".join(f"encoder.tune={choice.name}" for choice in choices)
            raise UserError(f"encoder.{key} has no effect with encoder.tune={tune.name}: it needs {names}.")


def check_one_source(settings: CompareSettings) -> None:
    """Checks that runs are named in exactly one way."""
    given = [source for source in (settings.runs, settings.experiment, settings.sweep) if source is not None]
    if len(given) != 1:
        raise UserError("Give one of runs=[<run id>,<run id>,...], experiment=<name> and sweep=<name or run id>.")
    if settings.runs is not None and not (isinstance(settings.runs, list) and len(set(settings.runs)) > 1):
        raise UserError(f"runs={as_typed(settings.runs)}: two different run ids or more are compared, as runs=[A,B].")


def check_registry_name(key: str, name: str) -> None:
    """Checks that a name is valid in the model registry and can be looked up."""
    if not name.strip() or any(sign in name for sign in "/:'"):
        raise UserError(
            f"{key}={name}: a name in the registry is not empty and has no /, no colon and no quotation mark."
        )


def check_explain(settings: ExplainSettings) -> None:
    """Checks the settings of `classifier.explain`."""
    if settings.text is None and settings.input is None:
        raise UserError('Say what to explain: text="..." or input=file.csv.')
    if settings.text is not None and settings.input is not None:
        raise UserError("Give either text= or input=, not both; the column of a file is data.text=.")
    if settings.text is not None and not settings.text.strip():
        raise UserError("text= is empty: there is nothing to explain.")


def chosen_exports(settings: ExportSettings) -> list[tuple[str, str]]:
    """Returns the pairs of formats and weights to export, without weights that a format does not support.

    >>> chosen_exports(ExportSettings(formats=["savedmodel", "onnx"], weights=["float32", "int8"]))
    [('savedmodel', 'float32'), ('onnx', 'float32'), ('onnx', 'int8')]

    Raises:
        UserError: for an unknown name, and for a format or weights that do not fit any of the others.
    """
    formats, weights = as_list(settings.formats), as_list(settings.weights)
    all_weights = list(dict.fromkeys(kind for possible in EXPORTS.values() for kind in possible))
    for key, given, known in (("formats", formats, list(EXPORTS)), ("weights", weights, all_weights)):
        for name in given:
            if name not in known:
                raise UserError(f"export.{key}={name} is not one of {', '.join(known)}.")
        if not given:
            raise UserError(f"export.{key} is empty: choose from {', '.join(known)}.")
    for name in formats:
        if not set(weights) & set(EXPORTS[name]):
            raise UserError(
                f"export.weights={as_typed(settings.weights)}: {name} can hold {', '.join(EXPORTS[name])} only."
            )
    for kind in weights:
        if not any(kind in EXPORTS[name] for name in formats):
            supporting = ", ".join(name for name in EXPORTS if kind in EXPORTS[name])
            raise UserError(f"export.weights={kind} needs one of export.formats={supporting}.")
    return [(name, kind) for name in dict.fromkeys(formats) for kind in dict.fromkeys(weights) if kind in EXPORTS[name]]


def as_list(value: Any) -> list[Any]:
    """Returns a list or tuple as a list, and any other value as a list with this value."""
    return list(value) if isinstance(value, list | tuple) else [value]
