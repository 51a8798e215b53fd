"""Writes the fixtures of Label Studio with its own converter: pip install label-studio-sdk==2.1.2.

The tasks are what the server's JSON export holds (Label Studio 1.23, "Label Studio JSON format of annotated tasks");
JSON-MIN, CSV and TSV are made of them by the converter of the SDK, which the server calls too.
"""

import json
import shutil
import tempfile
from pathlib import Path

from label_studio_sdk.converter import Converter

HERE = Path(__file__).parent / "label_studio"
CONFIG = """<View><Text name="message" value="$text"/>
<Choices name="topic" toName="message" choice="single"><Choice value="01"/><Choice value="true"/></Choices></View>"""


def annotation(number, user, *choices, skipped=False):
    result = {"value": {"choices": list(choices)}, "id": f"r{number}", "from_name": "topic", "to_name": "message",
              "type": "choices", "origin": "manual"}  # fmt: skip
    return {"id": number, "completed_by": user, "result": [] if skipped else [result], "was_cancelled": skipped,
            "ground_truth": False, "created_at": f"2026-03-01T10:{number:02}:00.000000Z",
            "updated_at": f"2026-03-01T10:{number:02}:30.000000Z", "lead_time": 3.5, "task": 0}  # fmt: skip


TASKS = [
    ("The lamp flickers at night", [annotation(1, 1, "01")]),
    ("Line one,\nline \"two\" of a note — çok iyi", [annotation(2, 1, "true")]),
    ("Three of us read this", [annotation(3, 1, "01"), annotation(4, 2, "true"), annotation(5, 3, "01")]),
    ("Two of us disagree here", [annotation(6, 1, "01"), annotation(7, 2, "true")]),
    ("Both apply", [annotation(8, 1, "01", "true")]),
    ("Nobody wanted this", [annotation(9, 1, skipped=True)]),
    ("Nobody has seen this", []),
    ("One skipped it and one did not", [annotation(10, 1, skipped=True), annotation(11, 2, "true")]),
]  # fmt: skip


def main():
    tasks = [
        {"id": 100 + i, "data": {"text": text, "source": "mail"}, "annotations": annotations, "predictions": [],
         "meta": {}, "project": 7, "created_at": "2026-03-01T09:00:00Z", "updated_at": "2026-03-02T09:00:00Z"}
        for i, (text, annotations) in enumerate(TASKS)
    ]  # fmt: skip
    HERE.mkdir(exist_ok=True)
    export = HERE / "export.json"
    export.write_text(json.dumps(tasks, ensure_ascii=False))
    converter = Converter(CONFIG, project_dir=None)
    for format, name in (("JSON_MIN", "min.json"), ("CSV", "export.csv"), ("TSV", "tsv_export.csv")):
        with tempfile.TemporaryDirectory() as folder:
            converter.convert(str(export), folder, format, is_dir=False)
            (found,) = Path(folder).iterdir()
            shutil.copy(found, HERE / name)  # the converter calls TSV result.csv too


if __name__ == "__main__":
    main()
