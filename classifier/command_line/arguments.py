"""Preprocesses the arguments of a command before Hydra parses them."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from classifier.errors import UserError
from classifier.settings.passwords import check_no_password
from classifier.settings.typed import as_typed, quoted

RUN_KEYS = ("run", "runs", "model", "sweep", "tracking.run_id", "distill.teacher")
NUMERIC_ID = re.compile(r"(?<=[=\[,])([0-9]+(?:e[0-9]+)?)(?=[,\]]|$)")
MULTIRUN = ("-m", "--multirun")
MARKS = ("data.delimiter", "data.separator")  # settings whose values are punctuation


def key_of(argument: str) -> str:
    """Returns the key of an override, and any other argument as a whole."""
    return argument.partition("=")[0].lstrip("+~")


def with_quotes(arguments: Sequence[str], key: str) -> list[str]:
    """Quotes the value of a key, so that commas, braces and quotes in it need no quotes on the command line.

    >>> with_quotes(["text=it's late, sorry"], "text")
    ["text='it\\\\'s late, sorry'"]
    """
    return [
        f"{key}={quoted(argument.partition('=')[2])}" if argument.startswith(f"{key}=") else argument
        for argument in arguments
    ]


def with_run_ids(arguments: Sequence[str]) -> list[str]:
    """Quotes the beginning of a run id that Hydra would read as a number.

    >>> with_run_ids(["runs=[12e45678,0a1b2c3d]", "model=12345678", "seed=1"])
    ["runs=['12e45678',0a1b2c3d]", "model='12345678'", 'seed=1']
    """
    return [NUMERIC_ID.sub(r"'\1'", argument) if key_of(argument) in RUN_KEYS else argument for argument in arguments]


def with_quoted_marks(arguments: Sequence[str]) -> list[str]:
    """Quotes punctuation that is given as a delimiter or a separator, which Hydra's grammar would not accept.

    >>> with_quoted_marks(["data.separator=;", "data.delimiter='|'", "seed=1"])
    ["data.separator=';'", "data.delimiter='|'", 'seed=1']
    """
    found = []
    for argument in arguments:
        key, _, value = argument.partition("=")
        marks = key in MARKS and value and not value.startswith(("'", '"')) and not any(map(str.isalnum, value))
        found.append(f"{key}={quoted(value)}" if marks else argument)
    return found


def multirun_first(arguments: Sequence[str]) -> list[str]:
    """Moves -m to the front, because Hydra's parser refuses overrides both before and after it.

    >>> multirun_first(["tickets.csv", "-m", "seed=0,1"])
    ['-m', 'tickets.csv', 'seed=0,1']
    """
    options = [argument for argument in arguments if argument in MULTIRUN]
    return options + [argument for argument in arguments if argument not in MULTIRUN]


def with_files(arguments: Sequence[str]) -> list[str]:
    """Converts file names among the arguments of `classifier.train` to `data.train=`.

    `data.train=` also selects `data=files`, unless data or a recipe is chosen.

    >>> with_files(["tickets.csv", "data.label=topic"])
    ['data=files', 'data.train=tickets.csv', 'data.label=topic']

    Raises:
        UserError: if files are named in both ways.
    """
    files = [argument for argument in arguments if is_data_file(argument)]
    keys = {key_of(argument) for argument in arguments}
    if files and "data.train" in keys:
        raise UserError(
            f"{files[0]} and data.train= both name files to train on; put all of them into data.train=[...]."
        )
    chosen = [] if {"data", "recipe"} & keys else ["data=files"]
    named = f"data.train={as_typed(files if len(files) > 1 else files[0])}" if files else ""
    given = []
    for argument in arguments:
        if argument in files:
            given += [*chosen, named] if argument == files[0] else []
        else:
            given += [*chosen, argument] if key_of(argument) == "data.train" else [argument]
    return given


def is_data_file(argument: str) -> bool:
    """Whether the argument is a file of a known format, and not an option or an override."""
    if argument.startswith(("-", "+", "~")) or ("=" in argument and not Path(argument).is_file()):
        return False
    from classifier.data.files import COMPRESSIONS, FORMATS  # imported late, because it imports NumPy
    from classifier.data.formats.choose import SUFFIXES

    path = Path(argument.lower())
    return (Path(path.stem).suffix if path.suffix in COMPRESSIONS else path.suffix) in (*FORMATS, *SUFFIXES)


def typed_command(name: str) -> str:
    """Returns the command as it was typed, quoted for the shell; "" if this is not the command `name`."""
    from hydra.core.hydra_config import HydraConfig

    if not HydraConfig.initialized() or HydraConfig.get().job.name != name:
        return ""
    return shlex.join(["classifier", name, *HydraConfig.get().overrides.task])


def check_arguments(arguments: Sequence[str]) -> None:
    """Checks what must be correct before Hydra parses the arguments.

    Raises:
        UserError: for a password, an override without a key, or an argument that is not valid UTF-8.
    """
    check_no_password(arguments)
    for argument in arguments:
        if not argument.isprintable() and any(0xDC80 <= ord(character) <= 0xDCFF for character in argument):
            raise UserError(f"{argument!a} is not valid UTF-8.")
        if argument.startswith("="):
            raise UserError(f"{argument} has no key; write key=value. See --cfg job for all keys.")
