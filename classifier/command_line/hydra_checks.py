"""What Hydra's own part of the configuration may name: Hydra builds its launcher, callbacks and logging by itself."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from omegaconf import DictConfig, OmegaConf

from classifier.errors import UserError

PLUGINS = ("hydra_plugins.", "hydra._internal.core_plugins.")  # where Hydra's launchers and sweepers are
HANDLERS = ("logging.StreamHandler", "logging.FileHandler", "logging.NullHandler")
STREAMS = ("ext://sys.stdout", "ext://sys.stderr")


def check_when_composed() -> None:
    """Lets `check_hydra` see each configuration as soon as it is composed, before Hydra acts on it.

    Hydra 1.3 has no public place for this: callbacks, the first that are called, are named in the configuration.
    """
    if not hasattr(ConfigLoaderImpl.load_configuration, "checked"):
        ConfigLoaderImpl.load_configuration = checked(ConfigLoaderImpl.load_configuration)


def checked(load: Callable[..., DictConfig]) -> Callable[..., DictConfig]:
    """The function that composes a configuration, with `check_hydra` after it."""

    @wraps(load)
    def load_checked(*arguments: Any, **named: Any) -> DictConfig:
        config = load(*arguments, **named)
        check_hydra(OmegaConf.to_container(config.hydra, resolve=False))
        return config

    load_checked.checked = True  # pyright: ignore
    return load_checked


def check_hydra(config: Any) -> None:
    """Refuses callbacks, classes other than those of plugins, and functions in the configuration of logging.

    Args:
        config: the section `hydra` as plain dictionaries and lists.

    Raises:
        UserError: naming the key.
    """
    if config.get("callbacks"):
        raise UserError("hydra.callbacks is not an option: settings cannot name functions or classes.")
    for folder in ("launcher", "sweeper"):
        target = str((config.get(folder) or {}).get("_target_", PLUGINS[0]))
        if not target.startswith(PLUGINS):
            raise UserError(f"hydra.{folder}._target_={target} is not a plugin of Hydra.")
    for folder in ("job_logging", "hydra_logging"):
        for name, value in named_values(config.get(folder)):
            callable_named = name in ("()", "factory") or (name == "class" and value not in HANDLERS)
            if callable_named or (isinstance(value, str) and "://" in value and value not in STREAMS):
                raise UserError(f"hydra.{folder}: {name}={value} is not an option: settings cannot name functions.")


def named_values(value: Any, name: str = "") -> list[tuple[str, Any]]:
    """Every value that is not a dictionary or a list, with the key that it or its list has."""
    if isinstance(value, dict):
        return [pair for key, inner in value.items() for pair in named_values(inner, str(key))]
    if isinstance(value, list):
        return [pair for inner in value for pair in named_values(inner, name)]
    return [(name, value)]
