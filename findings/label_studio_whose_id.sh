#!/usr/bin/env bash
# A task of Label Studio whose data has a field "id" of its own, exported by Label Studio's converter.
# Expected: all exports keep both, or all mean the same by "id"; a field that collides with a control is renamed, so
#   that nothing is lost.
# Seen (label-studio-sdk 2.1.2): in JSON-MIN "id" is the number of the task, and the user's own ID is lost; in CSV and
#   TSV it is the user's ID, and the number of the task is lost. No message says so. Rows that are joined by "id" are
#   joined with other rows, or with none, depending on the export.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q label-studio-sdk==2.1.2
cd "$folder"
venv/bin/python - <<'PYTHON'
import csv
import json
from pathlib import Path

from label_studio_sdk.converter import Converter

config = """<View><Text name="message" value="$text"/>
<Choices name="topic" toName="message"><Choice value="praise"/></Choices></View>"""
choice = {"from_name": "topic", "to_name": "message", "type": "choices", "value": {"choices": ["praise"]}}
annotation = {"id": 1, "completed_by": 1, "result": [choice], "created_at": "2026-03-01T10:00:00Z", "lead_time": 1.0}
task = {"id": 5001, "data": {"id": "customer-7", "text": "Well done."}, "annotations": [annotation]}
Path("tasks.json").write_text(json.dumps([task]))
for name in ("JSON_MIN", "CSV", "TSV"):
    Converter(config, project_dir=None).convert("tasks.json", name, name, is_dir=False)
minimal = json.loads(Path("JSON_MIN/result.json").read_text())[0]
found = {"JSON_MIN": minimal["id"]}
for name, mark in (("CSV", ","), ("TSV", "\t")):
    with open(f"{name}/result.csv", newline="") as file:
        found[name] = next(csv.DictReader(file, delimiter=mark))["id"]
print("id:", found)
assert found == {"JSON_MIN": 5001, "CSV": "customer-7", "TSV": "customer-7"}, "the behaviour has changed"
assert "customer-7" not in json.dumps(minimal), "the behaviour has changed"
assert "5001" not in Path("CSV/result.csv").read_text(), "the behaviour has changed"
PYTHON
