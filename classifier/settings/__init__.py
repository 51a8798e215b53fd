"""Every knob that is always present, typed, with its default and its unit; imports no other room but errors.

A folder of `conf/` in which a reader chooses a class (tokenizer, attention, pooling, optimizer) is not
here: its YAML names the class in `_target_`, and the constructor's arguments are its keys.
"""

from classifier.settings.commands import (
    Columns,
    CompareSettings,
    Engine,
    EvaluateSettings,
    Explained,
    ExplainSettings,
    OnError,
    PromoteSettings,
    PromotionSettings,
    PublishSettings,
    Rule,
    Score,
    ScoreSettings,
    Split,
)
from classifier.settings.rules import (
    check_rules,
    chosen_exports,
)
from classifier.settings.shared import (
    BRANCHES,
    TRUNCATIONS,
    DataSettings,
    LabelCase,
    Quotes,
    Reading,
    Server,
)
from classifier.settings.training import (
    EXPORTS,
    Activation,
    Block,
    EncoderSettings,
    ExportSettings,
    Linear,
    Loss,
    Monitor,
    Normalize,
    Positions,
    Precision,
    SweepSettings,
    TrackingSettings,
    TrainerSettings,
    TrainSettings,
)
from classifier.settings.typed import (
    as_overrides,
    as_typed,
)

__all__ = [
    "BRANCHES",
    "EXPORTS",
    "TRUNCATIONS",
    "Activation",
    "Block",
    "Columns",
    "CompareSettings",
    "DataSettings",
    "EncoderSettings",
    "Engine",
    "EvaluateSettings",
    "ExplainSettings",
    "Explained",
    "ExportSettings",
    "LabelCase",
    "Linear",
    "Loss",
    "Monitor",
    "Normalize",
    "OnError",
    "Positions",
    "Precision",
    "PromoteSettings",
    "PromotionSettings",
    "PublishSettings",
    "Quotes",
    "Reading",
    "Rule",
    "Score",
    "ScoreSettings",
    "Server",
    "Split",
    "SweepSettings",
    "TrackingSettings",
    "TrainSettings",
    "TrainerSettings",
    "as_overrides",
    "as_typed",
    "check_rules",
    "chosen_exports",
]
