"""The door of every command: composes its settings, refuses mistakes in a sentence, writes its summary."""

import contextlib
import difflib
import errno
import io
import json
import os
import re
import resource
import shlex
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import antlr4
import hydra
import omegaconf
import yaml
from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException, OverrideParseException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from classifier.arguments import check_arguments
from classifier.errors import UserError
from classifier.files import write_text
from classifier.hydra_checks import check_when_composed
from classifier.interruption import handle_interruptions
from classifier.settings import check_rules
from classifier.settings.passwords import hide_passwords, without_passwords
from classifier.settings.renamed import RENAMED_CHOICES, new_name
from classifier.settings.targets import TARGET, check_targets
from classifier.settings.typed import on_command_line, quoted
from classifier.terminal import warn

PACKAGE = Path(__file__).parent
CONF = PACKAGE / "conf"
MISTAKES = (UserError, HydraException, OmegaConfBaseException, OSError)
INTERRUPTED = 130  # exit code of a command that Ctrl-C ended
EXIT_CODES = {"KILLED": INTERRUPTED, "FAILED": 1, "MANY_ERRORS": 1}  # by the status in summary.json; 2 is a refusal
ELSEWHERE = "Write elsewhere with hydra.run.dir=<folder>."
PLACES = {  # what to do about a place that takes no file, by the error
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "Free some space, or write elsewhere with hydra.run.dir=<folder>."),
    **dict.fromkeys((errno.ENOENT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST), ELSEWHERE),
    errno.ENAMETOOLONG: "Choose a shorter name.",
}
LEAVES = ("tokenizer", "attention", "pooling", "optimizer")  # folders of conf/ whose YAML names a class


def run_command(
    name: str,
    schema: type,
    work: Callable[[Any, Path], dict[str, Any]],
    understand: Callable[[Sequence[str]], list[str]] | None = None,
) -> None:
    """Composes conf/<name>.yaml with the overrides of the command line, checks it and hands it to the work.

    Args:
        name: of the command and of its file in conf/.
        schema: dataclass of its settings.
        work: takes the settings and the output folder (`hydra.run.dir`); what it returns goes into summary.json there.
        understand: turns what is typed into what Hydra reads.
    """
    ConfigStore.instance().store(name=f"{name}_settings", node=schema)
    codes: list[int] = []  # exit code of each job

    @hydra.main(version_base="1.3", config_path=str(CONF), config_name=name)
    def job(config: DictConfig) -> None:
        output = Path(HydraConfig.get().runtime.output_dir)
        if saved := HydraConfig.get().output_subdir:
            hide_passwords(output / saved)
        try:
            settings = checked(config, name)
            began = time.monotonic()
            summary = work(settings, output)
        except MISTAKES as error:
            message = sentence(error, name, output)
            if HydraConfig.get().mode is RunMode.MULTIRUN:
                raise UserError(message) from error  # the other jobs go on
            refuse(message)
        summary |= {"seconds": round(time.monotonic() - began, 2), "peak_memory_mb": round(peak_memory_mb(), 1)}
        write_summary(output / "summary.json", summary)
        codes.append(EXIT_CODES.get(summary.get("status", ""), 0))
        if codes[-1] == INTERRUPTED:
            sys.exit(INTERRUPTED)

    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # Hydra raises instead of printing, and the sentence is ours
    handle_interruptions()
    try:
        check_when_composed()
        if understand:
            sys.argv[1:] = understand(sys.argv[1:])
        check_arguments(sys.argv[1:])
        with shown_without_passwords(sys.argv[1:]):
            job()
    except MISTAKES as error:
        refuse(sentence(error, name, Path()))
    except KeyboardInterrupt:
        warn("Interrupted.")
        sys.exit(INTERRUPTED)
    except Exception as error:
        if not raised_while_reading(error):
            raise
        refuse(f"The settings cannot be read: {' '.join(str(error).split())}. See --help and --cfg job.")
    if code := max(codes, default=0):
        sys.exit(code)


def checked(config: DictConfig, command: str) -> Any:
    """The settings as the command's dataclass, with HydraConfig set for them.

    Raises:
        UserError, OmegaConfBaseException: for what is wrong with them.
    """
    check_targets(OmegaConf.to_container(config, resolve=True), named_classes())
    check_added_keys(config, command)
    check_leaves(config)
    settings = OmegaConf.to_object(config)
    check_rules(settings)
    return settings


def sentence(error: Exception, command: str, output: Path) -> str:
    """A user's mistake, or a place that takes no file, in words; any other error is raised again, as it is a bug."""
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, OSError) and not isinstance(error, HydraException):
        hint = PLACES.get(error.errno or 0)
        if hint is None or (error.errno == errno.ENOENT and output != Path()):
            raise error
        return (
            f"{error.strerror}: {error.filename or (output if output != Path() else 'the folder of the run')}. {hint}"
        )
    return explain(error, command)


@contextlib.contextmanager
def shown_without_passwords(arguments: Sequence[str]) -> Iterator[None]:
    """Takes the passwords out of the configuration where the arguments ask Hydra to print it."""
    if not any(argument.startswith(("--cfg", "-c", "--info", "-i")) for argument in arguments):
        yield
        return
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            yield
    finally:
        sys.stdout.write(without_passwords(printed.getvalue()))


def raised_while_reading(error: Exception) -> bool:
    """Whether an error comes from the libraries that read the command line and the YAML files."""
    last = Path(traceback.extract_tb(error.__traceback__)[-1].filename)
    return any(last.is_relative_to(Path(str(module.__file__)).parent) for module in (hydra, omegaconf, yaml, antlr4))


def refuse(message: str) -> NoReturn:
    """Ends the process with the message; exit code 2."""
    warn(f"Error: {without_passwords(message)}")
    sys.exit(2)


def write_summary(path: Path, summary: dict[str, Any]) -> None:
    """Writes the JSON file."""
    write_text(path, json.dumps(summary, indent=2) + "\n")


def peak_memory_mb() -> float:
    """Largest resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


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


def explain(error: Exception, command: str) -> str:
    """What Hydra and OmegaConf refuse, in the words of the command line."""
    text = "\n".join(str(one) for one in (error.__cause__, error) if one)
    key = re.search(r"Could not override '\+*([^']+?)'", text) or re.search(r"full_key: (\S+)", text)
    if key and (match := re.search(r"value: (\w+)", text)) and (renamed := RENAMED_CHOICES.get(f"{key[1]}={match[1]}")):
        return f"{key[1]}={match[1]} is now {renamed}."
    if key and (match := re.search(r"str is not a subclass of \w+\. value: (.*)", text)):
        first = next(name for name in known_keys(default_config(command)) if name.startswith(f"{key[1]}."))
        return f"{key[1]}={match[1]}: {key[1]} is a group of keys; set one of them, such as {first}."
    if match := re.search(r"Could not find '(\w+)/([^']*)'", text):
        folder, choice = match.groups()
        if renamed := RENAMED_CHOICES.get(f"{folder}={choice}"):
            return f"{folder}={choice} is now {renamed}."
        options = sorted(path.stem for path in CONF.rglob(f"{folder}/*.yaml"))
        nearest = difflib.get_close_matches(choice, options, n=1)
        hint = f" Did you mean '{nearest[0]}'?" if nearest else ""
        return f"{folder}={choice}: choose from {', '.join(options)}.{hint}"
    if match := re.search(r"Ambiguous value for argument '([^=]+)=(.+)'", text):
        name, values = match.groups()
        items = f"{name}=[{','.join(part.strip() for part in values.split(','))}]"
        return (
            f"{name}={values}: type a list as {shlex.quote(items)}, a value with a comma in it as "
            f"{on_command_line(name, values)}; -m makes a run of each value."
        )
    if isinstance(error, OverrideParseException):
        name, equals, value = error.override.partition("=")
        if not equals:
            return f"{error.override} is not an option. Settings are typed as key=value; see --cfg job for all keys."
        if value.startswith("[") and value.endswith("]"):
            items = ",".join(quoted(item.strip(), '"') for item in value[1:-1].split(","))
            return f"{error.override}: quote each item of this list, as {shlex.quote(f'{name}=[{items}]')}."
        if re.fullmatch(r"[+~]*[\w./@]+", name) and (value[:1], value[-1:]) not in (("'", "'"), ('"', '"')):
            return f"{error.override}: quote this value for Hydra and for the shell, as {on_command_line(name, value)}."
        return f"{error.override} cannot be read: {str(error).strip().splitlines()[0]}"
    nowhere = r"Key '.*' not in|Key '.*' is not in struct|No match in the defaults list|Could not override"
    if re.search(nowhere, text) and key and "could not be converted" not in text and "Invalid value" not in text:
        if key[1].startswith("hydra."):
            return f"{key[1]} is not an option. See --cfg hydra for all of them."
        return place(text) + unknown_key(key[1], [*known_keys(default_config(command))])
    if "missing mandatory value" in text.lower() and key:
        return f"{key[1]} has no value yet: give it with {key[1]}=..."
    lines = [line for line in text.strip().splitlines() if not line.endswith("raised while composing config:")]
    first = lines[0] if lines else text.strip()
    return place(text) + (f"{key[1]}: {first}" if key and key[1] not in first else first)


def place(text: str) -> str:
    """The configuration file with the error, if it is in one."""
    match = re.search(r"In '(.+?)': \w+ raised while composing config", text)
    if not (match and match[1]):
        return ""
    ours = any(path.with_suffix("").as_posix().endswith(f"/{match[1]}") for path in CONF.rglob("*.yaml"))
    return f"In {'conf/' if ours else ''}{match[1]}.yaml: "


def default_config(command: str) -> DictConfig:
    """The config of the command without any override."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose(command)
