"""Training data of Rasa NLU: YAML with the examples of each intent, whose marks of entities are removed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from classifier.data.files import reading
from classifier.data.formats.labelled import Glance, labelled
from classifier.data.lines import line_problem, read_lines, readable
from classifier.data.row import Row
from classifier.errors import UserError
from classifier.settings import DataSettings

SUFFIXES = (".yml", ".yaml")
# [Berlin](city), [Berlin](city:BER), [Berlin]{"entity": "city"} and [Berlin][{"entity": "city"}, ...]
_ENTITY = re.compile(r"\[([^\]]+?)\](?:\([^:)]+?(?::[^)]+)?\)|\{[^}]+?\}|\[.*?\])")


def recognizes(glance: Glance) -> bool:
    """Whether the file is YAML; no other format is."""
    return glance.kind in SUFFIXES


def read(path: Path, settings: DataSettings, notices: list[str]) -> Iterator[Row]:
    """Yields the examples of each intent; stories, rules, synonyms and lookup tables are passed over.

    Raises:
        UserError: if the file is not YAML.
    """
    import yaml

    with reading(path):
        text = "".join(read_lines(path, settings.encoding))
    problem = line_problem(text, settings.encoding)
    try:
        root = yaml.compose(readable(text), yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}" if mark else ""
        raise UserError(f"{path}{place}: it is not YAML: {getattr(error, 'problem', error)}.") from None
    for item in _of(root, "nlu", []):
        if intent := _of(item, "intent", None):
            for number, example in _examples(item):
                plain = _ENTITY.sub(r"\1", example)
                yield labelled(number, plain, str(intent).partition("/")[0], problem=problem)


def _of(node: Any, key: str, default: Any) -> Any:
    """Returns the value of a key of a mapping: a list, a mapping or text, as in the file."""
    pairs = node.value if getattr(node, "id", "") == "mapping" else []
    found = next((value for name, value in pairs if name.value == key), None)
    if found is None or found.id == "mapping":
        return found or default
    return found.value


def _examples(item: Any) -> Iterator[tuple[int, str]]:
    """Yields the line and the text of each example, written as `- text` in a block or as a list of mappings."""
    node = next((value for name, value in item.value if name.value == "examples"), None)
    if node is None:
        return
    if node.id == "sequence":
        for example in node.value:
            text = _of(example, "text", None)
            if text is not None:
                yield example.start_mark.line + 1, text.strip(" \r\n")
        return
    first = node.start_mark.line + (2 if node.style == "|" else 1)
    for number, line in enumerate(node.value.splitlines(), first):
        if line.startswith("-"):
            yield number, line[1:].strip(" \r\n")
