"""Messages about a value in place of a group of keys, or of a choice: which key the value may belong to."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import AnyNode, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from classifier.command_line.choices import CONF, known_keys
from classifier.errors import UserError
from classifier.settings.typed import as_typed


def check_choices(arguments: Sequence[str]) -> None:
    """Checks that the choice of a file in a folder of conf/ is a name, before Hydra fails without its key.

    Raises:
        UserError: for a number, a boolean or null; the message names the choices.
    """
    for argument in arguments:
        key, equals, _ = argument.partition("=")
        if not equals or not key.isidentifier() or not (CONF / key).is_dir():
            continue
        try:
            override = OverridesParser.create().parse_override(argument)
        except HydraException:  # explained when Hydra parses it
            continue
        value = None if override.is_sweep_override() else override.value()
        if override.is_sweep_override() or isinstance(value, str | list) or (value is None and key == "recipe"):
            continue
        options = sorted(path.stem for path in (CONF / key).glob("*.yaml"))
        defaults = OmegaConf.load(CONF / key / f"{options[0]}.yaml") if value is not None else OmegaConf.create({})
        fitting = fitting_key(OmegaConf.create({key: defaults}), key, value)
        hint = f" Did you mean {fitting}={as_typed(value)}?" if fitting else ""
        raise UserError(f"{argument}: choose from {', '.join(options)}.{hint}")


def group_message(config: DictConfig, group: str, value: Any) -> str:
    """Explains that a key is a group of keys, with the key to type.

    Args:
        config: the settings of the command without overrides.
        group: the key.
        value: the value that was given.
    """
    known = known_keys(config)
    key = next((name for name in known if name == f"{group}.{value}"), None)
    if key:
        shown = f"{key}=..."
    elif key := fitting_key(config, group, value):
        shown = f"{key}={as_typed(value)}"
    else:
        shown = f"{next(name for name in known if name.startswith(f'{group}.'))}=..."
    return f"{group}={as_typed(value)}: {group} is a group of keys; set one of them, such as {shown}"


def fitting_key(config: DictConfig, group: str, value: Any) -> str | None:
    """Returns the first key of a group that takes a value of this type; one of any type only if it is the only key."""
    keys = [key for key in known_keys(config) if key.startswith(f"{group}.")] if value is not None else []
    return next((key for key in keys if fits(config, key, value, alone=len(keys) == 1)), None)


def fits(config: DictConfig, key: str, value: Any, alone: bool) -> bool:
    """Whether a key, which may be the only one of its group, takes a value of this type."""
    trial = config.copy()
    try:
        default = OmegaConf.select(config, key)
        OmegaConf.update(trial, key, value)
        taken = OmegaConf.select(trial, key)
    except OmegaConfBaseException:  # of another type, or an interpolation
        return False
    group, _, name = key.rpartition(".")
    if default is None and isinstance(OmegaConf.select(config, group)._get_node(name), AnyNode):
        return alone
    return type(taken) is type(value) and (default is None or type(default) is type(value))


def file_hint(folder: str, choice: str) -> str:
    """Says how to name a file of data, if a choice of data names one."""
    from classifier.command_line.arguments import is_data_file

    named = folder == "data" and (is_data_file(choice) or Path(choice).exists())
    return f" A file of your own is data.train={as_typed(choice)}." if named else ""
