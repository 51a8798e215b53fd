"""Restricts what the section `hydra` of the configuration may name: Hydra creates its launcher and logging from it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from omegaconf import DictConfig, OmegaConf

from classifier.errors import UserError

PLUGINS = ("hydra_plugins.", "hydra._internal.core_plugins.")  # packages of Hydra's launchers and sweepers
HANDLERS = ("logging.StreamHandler", "logging.FileHandler", "logging.NullHandler")
STREAMS = ("ext://sys.stdout", "ext://sys.stderr")


def check_when_composed() -> None:
    """Makes Hydra call `check_hydra` on each configuration as soon as it is composed.

    Hydra 1.3 has no public hook for this: the earliest hooks, callbacks, are named in the configuration itself.
    """
    if not hasattr(ConfigLoaderImpl.load_configuration, "checked"):
        ConfigLoaderImpl.load_configuration = checked(ConfigLoaderImpl.load_configuration)


def checked(load: Callable[..., DictConfig]) -> Callable[..., DictConfig]:
    """Decorates the function that composes a configuration such that it calls `check_hydra`."""

    @wraps(load)
    def load_checked(*args: Any, **kwargs: Any) -> DictConfig:
        config = load(*args, **kwargs)
        check_hydra(OmegaConf.to_container(config.hydra, resolve=False))
        return config

    load_checked.checked = True  # pyright: ignore
    return load_checked


def check_hydra(config: Any) -> None:
    """Checks that there are no callbacks, no classes except plugins, and no functions in the logging configuration.

    Args:
        config: the section `hydra` as plain dictionaries and lists.

    Raises:
        UserError: if there is one of these; the message names the key.
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
    """Returns all values that are neither dictionaries nor lists, with their key or the key of their list."""
    if isinstance(value, dict):
        return [pair for key, inner in value.items() for pair in named_values(inner, str(key))]
    if isinstance(value, list):
        return [pair for inner in value for pair in named_values(inner, name)]
    return [(name, value)]
