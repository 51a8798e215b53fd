"""The door of every command: composes its settings, refuses mistakes in a sentence, writes its summary."""

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

from classifier.command_line.arguments import check_arguments
from classifier.command_line.choices import CONF, check_added_keys, check_leaves, named_classes, store_schema
from classifier.command_line.hydra_checks import check_when_composed
from classifier.command_line.messages import sentence
from classifier.errors import UserError
from classifier.files import write_text
from classifier.interruption import handle_interruptions
from classifier.settings import check_rules
from classifier.settings.passwords import hide_passwords, without_passwords
from classifier.settings.targets import check_targets
from classifier.terminal import warn

MISTAKES = (UserError, HydraException, OmegaConfBaseException, OSError)
INTERRUPTED = 130  # exit code of a command that Ctrl-C ended
EXIT_CODES = {"KILLED": INTERRUPTED, "FAILED": 1, "MANY_ERRORS": 1}  # by the status in summary.json; 2 is a refusal


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
