"""The name of a run in MLflow: its data, and the settings that differ from the defaults."""

from typing import Any

from hydra import compose
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from classifier.settings import TrainSettings, as_typed
from classifier.settings.short_names import cut, short_name

NOT_NAMED = ("data", "tracking.", "hydra", "export.", "sweep.", "trainer.resume", "recipe")


def name_run(settings: TrainSettings) -> None:
    """Names the run, unless the settings do or the run exists; Hydra must just have composed the settings."""
    tracking = settings.tracking
    if tracking.enabled and not tracking.run_id:
        tracking.run_name = tracking.run_name or run_name(settings)


def run_name(settings: TrainSettings) -> str:
    """Returns a name such as `tickets encoder=minilm seed=1`."""
    hydra = HydraConfig.get()
    default = compose("train", return_hydra_config=True)
    values = {}
    for override in hydra.overrides.task:
        key, _, value = override.partition("=")
        key = key.lstrip("+~")
        if not key.startswith(NOT_NAMED) and differs(key, value, default, hydra.runtime.choices):
            values[key] = value.strip("'\"")
    recipe = hydra.runtime.choices.get("recipe")
    return cut(" ".join(filter(None, [settings.data.name, recipe, short_name(values)])))


def differs(key: str, value: str, default: Any, choices: Any) -> bool:
    """Whether a typed value differs from the default; always true for a key of a choice that is not the default."""
    before = default.hydra.runtime.choices
    if key in before:
        return value != before[key]
    folder = key.partition(".")[0]
    if folder in before and before[folder] != choices[folder]:
        return True
    known = OmegaConf.select(default, key)
    return value != as_typed(OmegaConf.to_container(known) if OmegaConf.is_config(known) else known)
