"""Uses the files of conf/ as schemas: which keys exist, and which classes can be chosen."""

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
from classifier.settings.data_name import data_name
from classifier.settings.renamed import REMOVED, new_name
from classifier.settings.targets import TARGET

CONF = Path(__file__).parents[1] / "conf"
LEAVES = ("tokenizer", "attention", "pooling", "optimizer")  # folders of conf/ whose YAML names a class


def store_schema(command: str, schema: type) -> None:
    """Registers the typed settings and the resolver `data_name` under the names that the files of conf/ use."""
    OmegaConf.register_new_resolver("data_name", data_name, replace=True)
    nodes = {command: schema, "scratch": ScratchSettings, "pretrained": PretrainedSettings}
    for name, node in nodes.items():
        ConfigStore.instance().store(name=f"{name}_settings", node=node)


def check_added_keys(config: DictConfig, command: str) -> None:
    """Checks that `+key=value` and `++key=value` name existing keys; Hydra accepts any key.

    Raises:
        UserError: for an unknown key; the message names the most similar known key.
    """
    overrides = HydraConfig.get().overrides.task
    added = [override.split("=")[0].lstrip("+") for override in overrides if override.startswith("+")]
    choices = [override for override in overrides if override.split("=")[0] in HydraConfig.get().runtime.choices]
    known = known_keys(compose(command, choices)) if added else []
    for key in added:
        if key not in known:
            raise UserError(unknown_key(key, known))


def check_leaves(config: DictConfig) -> None:
    """Checks keys and types against the chosen file of each folder, which is the schema of its class.

    Raises:
        UserError: for a wrong key or type; the message names the key and the most similar known key.
    """
    for folder in LEAVES:
        if folder not in config:
            continue
        schema = leaf_schema(folder, config[folder])
        if not set(schema) <= set(config[folder]) and chosen_target(folder) != config[folder][TARGET]:
            raise UserError(f"{folder}.{TARGET}={config[folder][TARGET]}: choose it with {folder}= instead.")
        for key in schema:
            if key not in config[folder]:
                raise UserError(f"{folder}.{key} cannot be removed.")
        for key, value in config[folder].items() if schema else ():
            if key not in schema:
                raise UserError(unknown_key(f"{folder}.{key}", [f"{folder}.{known}" for known in schema]))
            if not same_kind(value, schema[key]):
                wanted = type(schema[key]).__name__
                raise UserError(f"{folder}.{key}={value} is not of type {wanted}; its default is {schema[key]}.")


def leaf_schema(folder: str, leaf: Any) -> Any:
    """Returns the file of conf/<folder> that names the same class, or {} for any other Keras optimizer.

    Raises:
        UserError: if no class is named.
    """
    if not isinstance(leaf, DictConfig) or TARGET not in leaf:
        options = ", ".join(sorted(path.stem for path in (CONF / folder).glob("*.yaml")))
        raise UserError(f"{folder} names no class: choose {folder}= from {options}.")
    files = map(OmegaConf.load, sorted((CONF / folder).glob("*.yaml")))
    return next((file for file in files if OmegaConf.select(file, TARGET) == leaf[TARGET]), {})


def chosen_target(folder: str) -> str | None:
    """Returns the class in the chosen file of conf/<folder>; None for a file in another folder."""
    path = CONF / folder / f"{HydraConfig.get().runtime.choices[folder]}.yaml"
    return OmegaConf.select(OmegaConf.load(path), TARGET) if path.exists() else None


@cache
def named_classes() -> dict[str, set[str]]:
    """Returns the classes that are named in the files of each folder of conf/."""
    return {
        folder: {str(OmegaConf.select(OmegaConf.load(path), TARGET)) for path in (CONF / folder).glob("*.yaml")}
        for folder in LEAVES
    }


def same_kind(value: Any, default: Any) -> bool:
    """Whether the value can replace the default: it has the same type, or is an integer instead of a float."""
    if isinstance(default, float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return default is None or type(value) is type(default)


def known_keys(config: DictConfig, prefix: str = "") -> list[str]:
    """Returns all keys of the config in dotted form."""
    keys = []
    for key in config:
        keys.append(f"{prefix}{key}")
        node = config._get_node(key)
        if isinstance(node, DictConfig) and not node._is_none() and not node._is_missing():
            keys += known_keys(node, f"{prefix}{key}.")
    return keys


def unknown_key(key: str, known: list[str]) -> str:
    """Returns the error message for an unknown key, with the most similar known key."""
    if new_name(key) != key:
        return f"{key} is now {new_name(key)}."
    if key in REMOVED:
        return f"{key} is no longer an option: it is always {REMOVED[key]}."
    nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    last = [name for name in known if name.rpartition(".")[2] == key.rpartition(".")[2]]
    found = last[:1] or nearest
    return f"{key} is not an option." + (f" Did you mean '{found[0]}'?" if found else " See --cfg job for all of them.")
