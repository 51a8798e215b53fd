"""Writes the best setting of a sweep as a recipe, a file for conf/recipe/."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hydra import compose
from omegaconf import OmegaConf

from classifier.files import write_text
from classifier.sweeps.compose import Composer
from classifier.sweeps.refit import DROPPED
from classifier.terminal import visible
from classifier.tracking.trial_records import TrialRecord

EXCLUDED = ("tracking", "sweep", "recipe")  # keys that a recipe does not set


def write_recipe(path: Path, composer: Composer, best: TrialRecord, sweep: str, objective: str) -> None:
    """Writes the differences of the trial from `python -m classifier.train` without overrides."""
    seed = composer.settings(best.overrides)[0].seed
    overrides, *_ = composer.with_split(best.overrides, seed)  # keeps the test data of the sweep
    wanted = composer.compose(overrides)
    choices = wanted.hydra.runtime.choices
    default = compose("train", return_hydra_config=True)
    chosen = {
        group: choice
        for group, choice in choices.items()
        if not group.startswith(("hydra", *EXCLUDED)) and choice != default.hydra.runtime.choices.get(group)
    }
    plain = compose("train", [f"{group}={choice}" for group, choice in chosen.items()])
    differs = difference(plain_values(wanted), plain_values(plain))
    differs.get("trainer", {}).pop("resume", None)
    for key in DROPPED:
        remove(differs, key)
    found = f"The best trial of the sweep {sweep}, {best.name}"
    lines = [
        "# @package _global_",
        f"# {visible(found)}: {objective} {best.metrics[objective]:.4f} on validation.",
        f"#   python -m classifier.train recipe={path.stem}",
        f"#   Found in run {best.run_id}.",
    ]
    body: dict[str, Any] = (
        {"defaults": [{f"override /{group}": choice} for group, choice in chosen.items()]} if chosen else {}
    )
    text = OmegaConf.to_yaml(OmegaConf.create({**body, **differs})) if body or differs else ""
    write_text(path, "\n".join(lines) + "\n" + text)


def plain_values(config: Any) -> dict[str, Any]:
    """Returns the settings as nested dictionaries, with unresolved interpolations."""
    container = OmegaConf.to_container(config, resolve=False, enum_to_str=True)
    assert isinstance(container, dict)
    return {str(key): value for key, value in container.items() if key not in ("hydra", *EXCLUDED)}


def difference(wanted: Mapping[str, Any], plain: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the values of `wanted` that differ from `plain`."""
    found = {}
    for key, value in wanted.items():
        other = plain.get(key)
        if isinstance(value, dict) and isinstance(other, dict):
            if inner := difference(value, other):
                found[key] = inner
        elif value != other or key not in plain:
            found[key] = value
    return found


def remove(values: dict[str, Any], key: str) -> None:
    """Removes a dotted key, and dictionaries that become empty."""
    first, _, rest = key.partition(".")
    if rest and isinstance(values.get(first), dict):
        remove(values[first], rest)
        if not values[first]:
            del values[first]
    elif not rest:
        values.pop(first, None)
