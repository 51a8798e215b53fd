#!/usr/bin/env bash
# A record of Argilla with one submitted response and two that were discarded, exported and imported again.
# Expected: the export keeps the status of each response, as it keeps its user; at least Record.from_dict gives back
#   what Record.to_dict was given.
# Seen (argilla 2.8.0): to_dict, and therefore records.to_json and Dataset.to_disk, write value and user_id only. After
#   the way back no response has a status, so that whoever counts votes finds two for the label that both annotators
#   had thrown away. to_list(flatten=True) does keep the status, under "<question>.responses.status".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q argilla==2.8.0 requests
"$folder/venv/bin/python" - <<'PYTHON'
from collections import Counter
from uuid import UUID

import argilla as rg
from argilla.records._io import GenericIO  # what dataset.records.to_list and to_json call; a data set needs a server

answers = [("complaint", "submitted"), ("praise", "discarded"), ("praise", "discarded")]
responses = [
    rg.Response("topic", label, user_id=UUID(int=number), status=status)
    for number, (label, status) in enumerate(answers, 1)
]
record = rg.Record(id="1", fields={"text": "The lamp broke again."}, responses=responses)
before = [(one.value, str(one.status and one.status.value)) for one in record.responses]
nested = GenericIO.to_list([record])[0]
back = rg.Record.from_dict(nested)
after = [(one.value, str(one.status)) for one in back.responses]
flat = GenericIO.to_list([record], flatten=True)[0]
print("before:   ", before)
print("nested:   ", nested["responses"])
print("after:    ", after, "most frequent:", Counter(value for value, _ in after).most_common(1))
print("flattened:", flat["topic.responses.status"])
assert before == answers, "the record has changed"
assert all(set(one) == {"value", "user_id"} for one in nested["responses"]["topic"]), "the behaviour has changed"
assert {status for _, status in after} == {"None"}, "the behaviour has changed"
assert flat["topic.responses.status"] == ["submitted", "discarded", "discarded"], "the behaviour has changed"
PYTHON
