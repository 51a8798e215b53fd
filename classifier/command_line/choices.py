"""The files of conf/ as schemas: which keys there are, and which classes may be chosen."""

import difflib
from functools import cache
from pathlib import Path
from typing import Any

from hydra import compose
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from classifier.errors import UserError
from classifier.settings import PretrainedSettings, ScratchSettings
from classifier.settings.renamed import new_name
from classifier.settings.targets import TARGET

CONF = Path(__file__).parents[1] / "conf"
LEAVES = ("tokenizer", "attention", "pooling", "optimizer")  # folders of conf/ whose YAML names a class


def store_schema(command: str, schema: type) -> None:
    """Makes the typed settings known to Hydra by the names under which files of conf/ ask for them."""
    nodes = {command: schema, "scratch": ScratchSettings, "pretrained": PretrainedSettings}
    for name, node in nodes.items():
        ConfigStore.instance().store(name=f"{name}_settings", node=node)


def check_added_keys(config: DictConfig, command: str) -> None:
    """Refuses `+key=value` and `++key=value` for a key that does not exist; Hydra alone would let them pass.

    Raises:
        UserError: naming the key and the nearest right one.
    """
    overrides = HydraConfig.get().overrides.task
    added = [override.split("=")[0].lstrip("+") for override in overrides if override.startswith("+")]
    choices = [override for override in overrides if override.split("=")[0] in HydraConfig.get().runtime.choices]
    known = known_keys(compose(command, choices)) if added else []
    for key in added:
        if key not in known:
            raise UserError(unknown_key(key, known))


def check_leaves(config: DictConfig) -> None:
    """Refuses a key, or a type, that the chosen file of a folder does not have; the file is the schema of its class.

    Raises:
        UserError: naming the key and the nearest right one.
    """
    for folder in LEAVES:
        if folder not in config:
            continue
        schema = leaf_schema(folder, config[folder])
        if not set(schema) <= set(config[folder]) and chosen_target(folder) != config[folder][TARGET]:
            raise UserError(f"{folder}.{TARGET}={config[folder][TARGET]}: choose it with {folder}= instead.")
        for key in schema:
            if key not in config[folder]:
                raise UserError(f"{folder}.{key} cannot be taken away.")
        for key, value in config[folder].items() if schema else ():
            if key not in schema:
                raise UserError(unknown_key(f"{folder}.{key}", [f"{folder}.{known}" for known in schema]))
            if not same_kind(value, schema[key]):
                wanted = type(schema[key]).__name__
                raise UserError(f"{folder}.{key}={value} is not of type {wanted}; its default is {schema[key]}.")


def leaf_schema(folder: str, leaf: Any) -> Any:
    """The file of conf/<folder> that names the same class; empty for another optimizer of Keras.

    Raises:
        UserError: if no class is named.
    """
    if not isinstance(leaf, DictConfig) or TARGET not in leaf:
        options = ", ".join(sorted(path.stem for path in (CONF / folder).glob("*.yaml")))
        raise UserError(f"{folder} names no class: choose {folder}= from {options}.")
    files = map(OmegaConf.load, sorted((CONF / folder).glob("*.yaml")))
    return next((file for file in files if OmegaConf.select(file, TARGET) == leaf[TARGET]), {})


def chosen_target(folder: str) -> str | None:
    """The class that the chosen file of conf/<folder> names; None for a file of another folder."""
    path = CONF / folder / f"{HydraConfig.get().runtime.choices[folder]}.yaml"
    return OmegaConf.select(OmegaConf.load(path), TARGET) if path.exists() else None


@cache
def named_classes() -> dict[str, set[str]]:
    """The classes that the files of each folder of conf/train name."""
    return {
        folder: {str(OmegaConf.select(OmegaConf.load(path), TARGET)) for path in (CONF / folder).glob("*.yaml")}
        for folder in LEAVES
    }


def same_kind(value: Any, default: Any) -> bool:
    """Whether the value can take the place of the default: the same type, or an integer for a float."""
    if isinstance(default, float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return default is None or type(value) is type(default)


def known_keys(config: DictConfig, prefix: str = "") -> list[str]:
    """Every key of the config in dotted form."""
    keys = []
    for key in config:
        keys.append(f"{prefix}{key}")
        node = config._get_node(key)
        if isinstance(node, DictConfig) and not node._is_none() and not node._is_missing():
            keys += known_keys(node, f"{prefix}{key}.")
    return keys


def unknown_key(key: str, known: list[str]) -> str:
    """The sentence about a key that does not exist, with the nearest one that does."""
    if new_name(key) != key:
        return f"{key} is now {new_name(key)}."
    nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    last = [name for name in known if name.rpartition(".")[2] == key.rpartition(".")[2]]
    found = last[:1] or nearest
    return f"{key} is not an option." + (f" Did you mean '{found[0]}'?" if found else " See --cfg job for all of them.")
