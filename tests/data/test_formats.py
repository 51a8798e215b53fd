"""Files of annotation tools, libraries and services, written by their own code (see formats/make_*.py)."""

import json
from pathlib import Path

import pytest

from classifier.data import read_examples
from classifier.errors import UserError
from classifier.settings import Agreement

FILES = Path(__file__).parent / "formats"


@pytest.fixture
def load(settings):
    """Reads files, with any number of rows that cannot be used."""

    def load(path, **others):
        return read_examples(path, settings(path, **{"max_bad_rows": 1.0, **others}), split="train")

    return load


def pairs(loaded):
    """Returns the texts with the names of their classes."""
    return list(zip(loaded.examples.texts, loaded.examples.named_labels(), strict=True))


def reasons(loaded):
    return {reject.row: reject.reason for reject in loaded.rejects}


class TestLabelStudio:
    FOLDER = FILES / "label_studio"
    EXPECTED = [
        ("The lamp flickers at night", "01"),
        ('Line one,\nline "two" of a note — çok iyi', "true"),
        ("Three of us read this", "01"),
        ("One skipped it and one did not", "true"),
    ]

    @pytest.mark.parametrize(
        ("name", "label"),
        [("export.json", "label"), ("min.json", "label"), ("export.csv", "topic"), ("tsv_export.csv", "topic")],
    )
    def test_every_export_has_the_same_texts_and_labels(self, load, name, label):
        loaded = load(self.FOLDER / name, label=label)
        assert pairs(loaded) == self.EXPECTED
        assert reasons(loaded)[103].startswith("the annotators disagree: '") and "'01' (1)" in reasons(loaded)[103]
        assert reasons(loaded)[104] == "the row has 2 labels; only one label per text is supported"
        assert loaded.examples.origins[0] == f"{name}:100"

    def test_texts_without_an_answer_are_counted(self, load):
        notices = load(self.FOLDER / "export.json").notices
        assert any("2 of its texts have no answer and are left out (1 not annotated, 1 skipped)" in n for n in notices)

    def test_agreement(self, load):
        loaded = load(self.FOLDER / "export.json", agreement=Agreement.unanimous)
        assert pairs(loaded) == [pair for pair in self.EXPECTED if not pair[0].startswith("Three")]
        assert reasons(loaded)[102] == "the annotators disagree: '01' (2), 'true' (1)"

    @pytest.mark.parametrize(
        ("name", "others", "message"),
        [
            ("export.json", {"text": "txt"}, r"no column 'txt'.* Did you mean 'text'"),
            ("export.json", {"label": "topics"}, r"no column 'topics'.* Did you mean 'topic'.*data.label"),
            ("export.csv", {}, r"name the column of the choices with data.label=; it can be 'source', 'topic'"),
        ],
    )  # fmt: skip
    def test_what_is_not_found_is_named(self, load, name, others, message):
        with pytest.raises(UserError, match=message):
            load(self.FOLDER / name, **others)

    def test_the_field_of_the_texts(self, load, write):
        tasks = json.loads((self.FOLDER / "export.json").read_text())
        for task in tasks:
            task["data"] = {"subject": "Re", "body": task["data"]["text"]}
        path = write("renamed.json", json.dumps(tasks))
        assert pairs(load(path, text="body")) == self.EXPECTED
        with pytest.raises(UserError, match=r"name the field of the texts with data.text=; its fields are 'subject'"):
            load(path)

    def test_two_controls(self, load, write):
        tasks = json.loads((self.FOLDER / "export.json").read_text())
        result = tasks[1]["annotations"][0]["result"]
        result.append({**result[0], "from_name": "mood", "value": {"choices": ["calm"]}})
        path = write("two.json", json.dumps(tasks, indent=1))
        with pytest.raises(
            UserError, match=r"name the column of the choices with data.label=; it can be 'mood', 'topic'"
        ):
            load(path)
        assert pairs(load(path, label="topic")) == self.EXPECTED
