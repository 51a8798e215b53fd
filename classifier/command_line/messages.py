"""Converts errors of Hydra, OmegaConf and the file system to readable messages."""

import difflib
import errno
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import yaml
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException, OverrideParseException
from omegaconf import DictConfig, OmegaConf

from classifier.command_line.choices import CONF, known_keys, unknown_key
from classifier.command_line.groups import file_hint, group_message
from classifier.errors import UserError
from classifier.settings.renamed import RENAMED_CHOICES
from classifier.settings.typed import on_command_line, quoted

ELSEWHERE = "Write elsewhere with hydra.run.dir=<folder>."
HINTS = {  # what to do if a file cannot be written, by error number
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "Free some space, or write elsewhere with hydra.run.dir=<folder>."),
    **dict.fromkeys((errno.ENOENT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST), ELSEWHERE),
    errno.EFBIG: "Raise the limit on the size of files, see ulimit -f.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
}


def sentence(error: Exception, command: str, output: Path) -> str:
    """Returns the message for a mistake of the user or a file system error; re-raises other errors, which are bugs."""
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, OSError) and not isinstance(error, HydraException):
        hint = HINTS.get(error.errno or 0)
        if hint is None or (error.errno == errno.ENOENT and output != Path()):
            raise error
        return (
            f"{error.strerror}: {error.filename or (output if output != Path() else 'the folder of the run')}. {hint}"
        )
    return explain(error, command)


def explain(error: Exception, command: str) -> str:
    """Explains an error of Hydra or OmegaConf in terms of the command line."""
    text = "\n".join(str(cause) for cause in (error.__cause__, error) if cause)
    key = re.search(r"Could not override '\+*([^']+?)'", text) or re.search(r"full_key: (\S+)", text)
    if key and (match := re.search(r"value: (\w+)", text)) and (renamed := RENAMED_CHOICES.get(f"{key[1]}={match[1]}")):
        return f"{key[1]}={match[1]} is now {renamed}."
    if key and (match := re.search(r"\w+ is not a subclass of \w+\. value: (.*)", text)):
        return group_message(default_config(command), key[1], yaml.safe_load(match[1]))
    if key and "Cannot merge DictConfig with ListConfig" in text:
        return group_message(default_config(command), key[1], ["..."])
    if match := re.search(r"field '(\w+)' is not Optional", text):
        known = known_keys(default_config(command))
        named = next((name for name in known if name.rpartition(".")[2] == match[1]), match[1])
        if any(name.startswith(f"{named}.") for name in known):
            return group_message(default_config(command), named, None)
        return f"{named}=null: {named} needs a value; leave it out to keep its default."
    if match := re.search(r"Could not find '(\w+)/([^']*)'", text):
        folder, choice = match.groups()
        if renamed := RENAMED_CHOICES.get(f"{folder}={choice}"):
            return f"{folder}={choice} is now {renamed}."
        options = sorted(path.stem for path in CONF.rglob(f"{folder}/*.yaml"))
        nearest = difflib.get_close_matches(choice, options, n=1)
        hint = f" Did you mean '{nearest[0]}'?" if nearest else ""
        return f"{folder}={choice}: choose from {', '.join(options)}.{hint}{file_hint(folder, choice)}"
    if match := re.search(r"Ambiguous value for argument '([^=]+)=(.+)'", text):
        name, values = match.groups()
        if not is_option(name, command):
            return unknown_option(name, command)
        items = f"{name}=[{','.join(part.strip() for part in values.split(','))}]"
        return (
            f"{name}={values}: type a list as {shlex.quote(items)}, a value with a comma in it as "
            f"{on_command_line(name, values)}; -m makes a run of each value."
        )
    if isinstance(error, OverrideParseException):
        name, equals, value = error.override.partition("=")
        if not equals and name in known_keys(default_config(command)):
            return f"{name} has no value: write {name}=<value>, without blanks around the equals sign."
        if not equals:
            return f"{error.override} is not an option. Settings are typed as key=value; see --cfg job for all keys."
        if value.startswith("[") and value.endswith("]"):
            items = ",".join(quoted(item.strip(), '"') for item in value[1:-1].split(","))
            return f"{error.override}: quote each item of this list, as {shlex.quote(f'{name}=[{items}]')}."
        if re.fullmatch(r"[\w.]+", name) and not is_option(name, command):
            return unknown_option(name, command)
        if re.fullmatch(r"[+~]*[\w./@]+", name) and (value[:1], value[-1:]) not in (("'", "'"), ('"', '"')):
            return f"{error.override}: quote this value for Hydra and for the shell, as {on_command_line(name, value)}."
        return f"{error.override} cannot be read: {str(error).strip().splitlines()[0]}"
    unknown = r"Key '.*' not in|Key '.*' is not in struct|No match in the defaults list|Could not override"
    if re.search(unknown, text) and key and "could not be converted" not in text and "Invalid value" not in text:
        if key[1].startswith("hydra."):
            return f"{key[1]} is not an option. See --cfg hydra for all of them."
        return place(text) + unknown_option(key[1], command)
    if "missing mandatory value" in text.lower() and key:
        return f"{key[1]} has no value yet: give it with {key[1]}=..."
    lines = [line for line in text.strip().splitlines() if not line.endswith("raised while composing config:")]
    first = lines[0] if lines else text.strip()
    return place(text) + (f"{key[1]}: {first}" if key and key[1] not in first else first)


def is_option(key: str, command: str) -> bool:
    """Whether the command has this key, with some choice of its folder, or Hydra has it."""
    known = known_keys(default_config(command))
    by_choice = keys_by_choice(key.partition(".")[0], command)
    return key.startswith("hydra.") or key in known or any(key in keys for keys in by_choice.values())


def unknown_option(key: str, command: str) -> str:
    """Returns the message about a key that only other choices of its folder have, or that does not exist."""
    known, folder = known_keys(default_config(command)), key.partition(".")[0]
    by_choice = keys_by_choice(folder, command)
    having = [choice for choice, keys in by_choice.items() if key in keys]
    if having and len(having) < len(by_choice):
        return f"{key} is an option of {folder}={', '.join(having)} only."
    return unknown_key(key, sorted({*known, *(inner for keys in by_choice.values() for inner in keys)}))


def keys_by_choice(folder: str, command: str) -> dict[str, list[str]]:
    """Returns the keys of each choice of a folder in conf/; none if the command has no such folder."""
    if folder not in default_config(command):
        return {}
    return {path.stem: keys_of_choice(folder, path.stem, command) for path in sorted((CONF / folder).glob("*.yaml"))}


def keys_of_choice(folder: str, choice: str, command: str) -> list[str]:
    """Returns the keys of a choice of a folder in conf/."""
    path = CONF / folder / f"{choice}.yaml"
    if folder == "encoder":  # its keys are those of a dataclass
        config = default_config(command, [f"encoder={choice}"])
        return [key for key in known_keys(config) if key.startswith("encoder.")]
    return [f"{folder}.{key}" for key in OmegaConf.load(path)]


def place(text: str) -> str:
    """Names the configuration file that contains the error, if any."""
    match = re.search(r"In '(.+?)': \w+ raised while composing config", text)
    if not (match and match[1]):
        return ""
    in_conf = any(path.with_suffix("").as_posix().endswith(f"/{match[1]}") for path in CONF.rglob("*.yaml"))
    return f"In {'conf/' if in_conf else ''}{match[1]}.yaml: "


def default_config(command: str, choices: Sequence[str] = ()) -> DictConfig:
    """Returns the config of the command with these choices and no other overrides."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose(command, list(choices))
