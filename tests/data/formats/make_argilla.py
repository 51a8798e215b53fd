"""Writes records with Argilla's library: pip install argilla==2.8.0.

The records are made in memory, because a data set needs a server; they are written as `dataset.records.to_json` and
`to_list(flatten=True)` write those of a server.
"""

import json
from pathlib import Path
from uuid import UUID

import argilla as rg
from argilla.records._io import GenericIO, JsonIO

HERE = Path(__file__).parent / "argilla"
USERS = [UUID(int=number) for number in (1, 2, 3)]
RECORDS = [
    ("The lamp flickers at night", [("01", "submitted")]),
    ("çok iyi — thank you", [("true", "submitted"), ("01", "discarded"), ("01", "draft")]),
    ("Three of us read this", [("01", "submitted"), ("true", "submitted"), ("01", "submitted")]),
    ("Two of us disagree here", [("01", "submitted"), ("true", "submitted")]),
    ("No one has answered", []),
    ("See you tomorrow", [("true", "submitted"), ("true", "submitted")]),
]


def record(number, text, answers):
    responses = [
        rg.Response("topic", value, user_id=user, status=status)
        for user, (value, status) in zip(USERS, answers, strict=False)
    ]
    suggestion = rg.Suggestion("topic", "true", score=0.5, agent="model")
    return rg.Record(id=f"r{number}", fields={"message": text}, metadata={"source": "mail"}, responses=responses,
                     suggestions=[suggestion])  # fmt: skip


def main():
    HERE.mkdir(exist_ok=True)
    records = [record(number, *one) for number, one in enumerate(RECORDS)]
    (HERE / "records.json").unlink(missing_ok=True)
    JsonIO.to_json(records, HERE / "records.json")
    (HERE / "flattened.json").write_text(json.dumps(GenericIO.to_list(records, flatten=True)))


if __name__ == "__main__":
    main()
