"""The command `classifier`, also `python -m classifier`, with a subcommand for each module that can be run.

classifier train data=files data.train=messages.csv
eval "$(classifier -sc install=bash)"       # completion by the tab key; also zsh (the same line) and fish
"""

import difflib
import os
import sys
from collections.abc import Sequence
from importlib import import_module, metadata
from typing import NoReturn

from classifier.leaving import run_and_leave
from classifier.terminal import say, warn

COMMANDS = {
    "train": "train a classifier on labelled texts, measure it, export it",
    "evaluate": "measure a trained model on other labelled texts",
    "score": "label every row of files, folders or a pipe",
    "explain": "show why a model answers as it does",
    "compare": "compare runs on the same examples",
    "decide": "give a model other decisions, without training it again",
    "promote": "make the model of a run the champion of a registered name",
    "publish": "copy a model to where TensorFlow Serving looks for it",
    "audit": "find wrong labels, near-duplicates and leaks in labelled texts",
    "clean": "list files that no run needs any more, and delete them on request",
}
COMPLETION = ("-sc", "--shell-completion")  # Hydra's options


def main() -> None:
    """Runs the subcommand in the arguments."""
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        say(overview())
    elif arguments[0] == "--version":
        say(f"classifier {metadata.version('classifier')}")
    elif arguments[0] in COMPLETION:
        complete(arguments)
    elif arguments[0] in COMMANDS:
        run_and_leave(lambda: run(*arguments))
    else:
        exit_with_error(arguments[0])


def run(command: str, *arguments: str) -> None:
    """Runs the module of a command with the given arguments."""
    sys.argv = ["classifier", *arguments]
    import_module(f"classifier.{command}").main()


def overview() -> str:
    """Returns the usage, with the list of commands."""
    width = max(map(len, COMMANDS))
    lines = [f"  classifier {name:{width}}  {purpose}" for name, purpose in COMMANDS.items()]
    hint = "classifier <command> --help shows the keys of a command, classifier --version the version."
    return "\n".join(["Usage: classifier <command> [key=value ...]", "", *lines, "", hint])


def exit_with_error(word: str) -> NoReturn:
    """Prints an error with the most similar command, and exits with code 2."""
    near = difflib.get_close_matches(word, COMMANDS, n=1)
    hint = f"Did you mean 'classifier {near[0]}'?" if near else f"Choose from {', '.join(COMMANDS)}."
    warn(f"Error: {word} is not a command. {hint}")
    sys.exit(2)


def complete(arguments: Sequence[str]) -> None:
    """Installs completion, or completes the command, or lets Hydra complete its overrides."""
    words = os.environ.get("COMP_LINE", "").split(maxsplit=2)  # classifier, the command, the rest
    line = os.environ.get("COMP_LINE", "")
    typed = len(words) > 2 or (len(words) == 2 and line.endswith(" "))
    if any(argument.startswith("query=") for argument in arguments) and not typed:
        say("\n".join(name for name in COMMANDS if name.startswith(words[1] if len(words) > 1 else "")))
    elif not typed:
        run("train", *arguments)
    elif words[1] in COMMANDS:
        os.environ["COMP_LINE"] = f"classifier {line.split(words[1], 1)[1].lstrip()}"
        run(words[1], *arguments)


if __name__ == "__main__":
    main()
