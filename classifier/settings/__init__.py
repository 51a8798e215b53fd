"""Typed settings with their defaults and units; imports no other package except `errors`.

The folders of `conf/` that choose a class (tokenizer, attention, pooling, optimizer) are not defined here: their YAML
files name the class in `_target_`, and the arguments of its constructor are the keys.
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
