"""The entry point of every command: composes its settings, reports mistakes in a sentence, writes its summary."""

import contextlib
import io
import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import antlr4
import hydra
import omegaconf
import yaml
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from classifier.command_line.arguments import check_arguments, multirun_first, with_quoted_marks, with_run_ids
from classifier.command_line.choices import CONF, check_added_keys, check_leaves, named_classes, store_schema
from classifier.command_line.groups import check_choices
from classifier.command_line.hydra_checks import check_when_composed
from classifier.command_line.messages import sentence
from classifier.errors import UserError
from classifier.files import remove_if_empty, write_text
from classifier.interruption import handle_interruptions
from classifier.progress import Stage
from classifier.settings import check_rules
from classifier.settings.passwords import hide_passwords, without_passwords
from classifier.settings.targets import check_targets
from classifier.terminal import warn

MISTAKES = (UserError, HydraException, OmegaConfBaseException, OSError)
INTERRUPTED = 130  # exit code after Ctrl-C
EXIT_CODES = {"KILLED": INTERRUPTED, "FAILED": 1, "MANY_ERRORS": 1}  # by status in summary.json; 2 is a user error


def run_command(
    name: str,
    schema: type,
    work: Callable[[Any, Path], dict[str, Any]],
    preprocess: Callable[[Sequence[str]], list[str]] | None = None,
) -> None:
    """Composes conf/<name>.yaml with the overrides of the command line, checks the settings and calls `work`.

    Args:
        name: name of the command and of its file in conf/.
        schema: dataclass of the settings.
        work: function of the settings and the output folder (`hydra.run.dir`); its result is written to summary.json.
        preprocess: converts the arguments before Hydra parses them.
    """
    store_schema(name, schema)
    codes: list[int] = []  # exit code of each job

    @hydra.main(version_base="1.3", config_path=str(CONF), config_name=name)
    def job(config: DictConfig) -> None:
        output = Path(HydraConfig.get().runtime.output_dir)
        if saved := HydraConfig.get().output_subdir:
            hide_passwords(output / saved)
        try:
            settings = checked(config, name)
            began = time.monotonic()
            with Stage(f"classifier {name}"):
                summary = work(settings, output)
        except MISTAKES as error:
            message = sentence(error, name, output)
            if HydraConfig.get().mode is RunMode.MULTIRUN:
                raise UserError(message) from error  # the other jobs go on
            remove_if_empty(output, saved or "")
            exit_with_error(message)
        summary |= {"seconds": round(time.monotonic() - began, 2), "peak_memory_mb": round(peak_memory_mb(), 1)}
        write_summary(output / "summary.json", summary)
        codes.append(EXIT_CODES.get(summary.get("status", ""), 0))
        if codes[-1] == INTERRUPTED:
            sys.exit(INTERRUPTED)

    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # Hydra raises errors instead of printing them
    handle_interruptions()
    try:
        check_when_composed()
        if preprocess:
            sys.argv[1:] = preprocess(sys.argv[1:])
        check_arguments(sys.argv[1:])
        check_choices(sys.argv[1:])
        sys.argv[1:] = with_run_ids(multirun_first(with_quoted_marks(sys.argv[1:])))
        with hidden_passwords(sys.argv[1:]):
            job()
    except MISTAKES as error:
        exit_with_error(sentence(error, name, Path()))
    except KeyboardInterrupt:
        warn("Interrupted.")
        sys.exit(INTERRUPTED)
    except Exception as error:
        if not raised_while_reading(error):
            raise
        exit_with_error(f"The settings cannot be read: {' '.join(str(error).split())}. See --help and --cfg job.")
    if code := max(codes, default=0):
        sys.exit(code)


def checked(config: DictConfig, command: str) -> Any:
    """Checks the settings and returns them as the dataclass of the command; HydraConfig must be set.

    Raises:
        UserError, OmegaConfBaseException: for a mistake in the settings.
    """
    check_targets(OmegaConf.to_container(config, resolve=True), named_classes())
    check_added_keys(config, command)
    check_leaves(config)
    settings = OmegaConf.to_object(config)
    check_rules(settings)
    return settings


@contextlib.contextmanager
def hidden_passwords(arguments: Sequence[str]) -> Iterator[None]:
    """Removes passwords from the configuration that Hydra prints, if the arguments request it."""
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
    """Whether an error comes from one of the libraries that parse the command line and the YAML files."""
    last = Path(traceback.extract_tb(error.__traceback__)[-1].filename)
    return any(last.is_relative_to(Path(str(module.__file__)).parent) for module in (hydra, omegaconf, yaml, antlr4))


def exit_with_error(message: str) -> NoReturn:
    """Prints the message and exits with code 2."""
    warn(f"Error: {without_passwords(message)}")
    sys.exit(2)


def write_summary(path: Path, summary: dict[str, Any]) -> None:
    """Writes the summary as a JSON file."""
    write_text(path, json.dumps(summary, indent=2) + "\n")


def peak_memory_mb() -> float:
    """Returns the peak resident memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
