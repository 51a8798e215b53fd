"""Records of Argilla 2: `records.to_json`, `to_disk`, and flattened records as JSON.

The nested records of `to_json` do not say whether a response was submitted, a draft or discarded; flattened records
do, and then only submitted responses count.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from classifier.data.fields import text_columns, text_of
from classifier.data.formats.agreement import agreed
from classifier.data.formats.labelled import Glance, LeftOut, labelled
from classifier.data.row import Row
from classifier.data.rows import read_rows, require_name
from classifier.errors import UserError
from classifier.settings import DataSettings

_RESPONSES, _STATUS = ".responses", ".responses.status"
_RECORDS = "records.json"  # in a folder of to_disk


def recognizes(glance: Glance) -> bool:
    """Whether the rows have responses to a question, or it is a folder of `to_disk`."""
    if glance.kind == "folder":
        return (glance.path / _RECORDS).exists() and (glance.path / ".argilla").exists()
    nested = {"fields", "responses", "suggestions"} <= set(glance.keys)
    return nested or ("_server_id" in glance.keys and any(key.endswith(_RESPONSES) for key in glance.keys))


def read(path: Path, settings: DataSettings, notices: list[str]) -> Iterator[Row]:
    """Yields one row per record with a response; suggestions are not labels.

    Raises:
        UserError: if the field or the question is not found, or several are.
    """
    left_out, unknown = LeftOut(path), False
    for row in read_rows(path / _RECORDS if path.is_dir() else path, settings, None, notices):
        if row.problem:
            yield row
            continue
        fields, responses = _record(row.values)
        texts = text_columns(settings.text or "text")
        if not isinstance(settings.text, list) and settings.text in (None, "text") and "text" not in fields:
            texts = [_only(path, fields, "field of the texts", "data.text")]
        question = "" if settings.label in (None, "label") and "label" not in responses else settings.label or "label"
        if not question and responses:
            question = _only(path, responses, "question", "data.label")
        if responses:
            require_name(path, question, list(responses), "data.label")
        if not (answers := responses.get(question)):
            left_out.add("without a response")
            continue
        unknown |= fields is not row.values
        text, problem, column = text_of(Row(row.number, fields), texts)
        label, fault = agreed(answers, settings.agreement)
        at = column if problem else question
        yield labelled(row.number, text, label, problem=problem or fault, column=at)
    left_out.report(notices)
    if unknown:
        notices.append(
            f"{path}: it does not say which responses are drafts or discarded, so that these count too. Write the "
            "records with records.to_list(flatten=True) to leave them out."
        )


def _record(values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """Returns the fields, and the answers to each question."""
    if "fields" in values:
        given = values.get("responses") or {}
        return values["fields"], {name: [one.get("value") for one in found] for name, found in given.items() if found}
    answers: dict[str, list[Any]] = {}
    for key, found in values.items():
        if key.endswith(_RESPONSES) and found:
            name = key.removesuffix(_RESPONSES)
            states = values.get(name + _STATUS) or ["submitted"] * len(found)
            kept = [value for value, state in zip(found, states, strict=False) if state in ("submitted", None)]
            answers |= {name: kept} if kept else {}
    return values, answers


def _only(path: Path, names: dict[str, Any], what: str, key: str) -> str:
    if len(names) != 1:
        shown = ", ".join(map(repr, list(names)[:20])) or "none"
        raise UserError(f"{path}: name the {what} with {key}=; it can be {shown}.")
    return next(iter(names))
