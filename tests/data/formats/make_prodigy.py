"""Writes records in the shape of published outputs of `prodigy db-out`; Prodigy is not public and cannot write them.

Records have `text`, hashes, `answer`, and either `label` or `options` with the IDs of the chosen ones in `accept`.
"""

import json
from pathlib import Path

HERE = Path(__file__).parent / "prodigy"
OPTIONS = [{"id": "01", "text": "01"}, {"id": "true", "text": "true"}]


def record(number, text, user="anna", answer="accept", **others):
    return {"text": text, "_input_hash": number, "_task_hash": -number, "_view_id": "choice", "answer": answer,
            "_timestamp": 1772000000 + number, "_annotator_id": f"topics-{user}", "_session_id": f"topics-{user}",
            **others}  # fmt: skip


def choice(number, text, accept, **others):
    return record(number, text, options=OPTIONS, accept=accept, config={"choice_style": "single"}, **others)


CHOICES = [
    choice(11, "The lamp flickers at night", ["01"]),
    choice(12, "çok iyi — thank you", ["true"]),
    choice(13, "Three of us read this", ["01"]),
    choice(14, "Both apply", ["01", "true"]),
    choice(15, "Nobody wanted this", [], answer="ignore"),
    choice(16, "Not one of these", [], answer="reject"),
    choice(13, "Three of us read this", ["true"], user="bela"),
    choice(13, "Three of us read this", ["01"], user="cem"),
    choice(17, "Two of us disagree here", ["true"]),
    choice(17, "Two of us disagree here", ["01"], user="bela"),
]
LABELS = [
    record(21, "The lamp flickers at night", label="01", _view_id="classification", _is_binary=True),
    record(22, "çok iyi — thank you", label="01", answer="reject", _view_id="classification", _is_binary=True),
    record(22, "çok iyi — thank you", label="true", _view_id="classification", _is_binary=True),
]


def main():
    for name, records in (("choice", CHOICES), ("classification", LABELS)):
        lines = [json.dumps(one, ensure_ascii=False) + "\n" for one in records]
        (HERE / f"{name}.jsonl").write_text("".join(lines))


if __name__ == "__main__":
    main()
