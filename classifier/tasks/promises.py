"""The settings of new decisions of a model, from what it promises and what is asked for."""

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from classifier.settings import AbstainSettings, CoverageSettings, LabelSets, LabelsSettings, Maximize
from classifier.tasks.decision import Decision

Asked = tuple[AbstainSettings, CoverageSettings, LabelsSettings]
CHOICES = {"label_sets": LabelSets, "maximize": Maximize}


def with_promises(decision: Decision, asked: Asked, changed: Collection[str]) -> Asked:
    """Returns the settings of new decisions: what is asked for, and what the model promises where nothing is.

    Args:
        decision: the decisions of the model.
        asked: the settings that were given.
        changed: the keys that were given, such as `abstain.precision`, also those that turn a decision off.
    """
    abstain, export, labels = asked
    if not any(key.startswith("abstain.") for key in changed):
        abstain = AbstainSettings(**promised(decision, "abstain."))
    if not any(key.startswith("labels.") for key in changed):
        labels = LabelsSettings(**promised(decision, "labels."))
    given = {key: getattr(export, key) for key in asdict(CoverageSettings()) if f"export.{key}" in changed}
    kept = promised(decision, "export.") if given.get("coverage", 0) is not None else {}
    return abstain, CoverageSettings(**{**kept, **given}), labels


def promised(decision: Decision, group: str) -> dict[str, Any]:
    """Returns the settings of a group of keys that the model promises; not every version wrote `coverage_by_class`."""
    found = {key.removeprefix(group): value for key, value in (decision.promise or {}).items() if key.startswith(group)}
    if group == "export." and len(set(decision.include_from or ())) > 1:
        found["coverage_by_class"] = True
    return {key: CHOICES[key][str(value)] if key in CHOICES else value for key, value in found.items()}
