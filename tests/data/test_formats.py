"""Files of annotation tools, libraries and services, written by their own code (see formats/make_*.py)."""

import json
from pathlib import Path

import pytest

from classifier.data import read_examples
from classifier.errors import UserError
from classifier.settings import Agreement, DataFormat

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
    EXPECTED = (
        ("The lamp flickers at night", "01"),
        ('Line one,\nline "two" of a note — çok iyi', "true"),
        ("Three of us read this", "01"),
        ("One skipped it and one did not", "true"),
    )

    @pytest.mark.parametrize(
        ("name", "label"),
        [("export.json", "label"), ("min.json", "label"), ("export.csv", "topic"), ("tsv_export.csv", "topic")],
    )
    def test_every_export_has_the_same_texts_and_labels(self, load, name, label):
        loaded = load(self.FOLDER / name, label=label)
        assert pairs(loaded) == [*self.EXPECTED]
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
        assert pairs(load(path, text="body")) == [*self.EXPECTED]
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
        assert pairs(load(path, label="topic")) == [*self.EXPECTED]


class TestProdigy:
    FOLDER = FILES / "prodigy"

    def test_choices_of_several_annotators(self, load):
        loaded = load(self.FOLDER / "choice.jsonl")
        assert pairs(loaded) == [
            ("The lamp flickers at night", "01"),
            ("çok iyi — thank you", "true"),
            ("Three of us read this", "01"),
        ]
        assert reasons(loaded) == {
            4: "the row has 2 labels; only one label per text is supported",
            9: "the annotators disagree: 'true' (1), '01' (1)",
        }
        assert any("(1 ignored, 1 rejected)" in notice for notice in loaded.notices)

    def test_labels_with_yes_and_no(self, load):
        loaded = load(self.FOLDER / "classification.jsonl")
        assert pairs(loaded) == [("The lamp flickers at night", "01"), ("çok iyi — thank you", "true")]


class TestFastText:
    def test_labels_and_words_are_those_that_fasttext_finds(self, load):
        found = json.loads((FILES / "fasttext" / "expected.json").read_text())
        loaded = load(FILES / "fasttext" / "train.txt")
        expected = [(" ".join(words), labels[0].replace("\u00a0", " ")) for words, labels in found if len(labels) == 1]
        assert [(" ".join(text.split()), label) for text, label in pairs(loaded)] == expected
        assert reasons(loaded) == {
            5: "the row has 2 labels; only one label per text is supported",
            6: "the line has no word that begins with __label__",
        }


class TestRasa:
    def test_examples_are_those_that_rasa_reads(self, load):
        loaded = load(FILES / "rasa" / "nlu.yml")
        assert pairs(loaded) == [tuple(pair) for pair in json.loads((FILES / "rasa" / "expected.json").read_text())]
        assert loaded.examples.origins[:4] == ["nlu.yml:5", "nlu.yml:6", "nlu.yml:7", "nlu.yml:10"]
        assert loaded.examples.origins[-2:] == ["nlu.yml:19", "nlu.yml:23"]

    def test_a_label_is_text(self, load, write):
        intents = ["01", "1", "yes", "no", "null", "1e3"]
        blocks = "".join(f"- intent: {intent}\n  examples: |\n    - says {intent}\n" for intent in intents)
        assert sorted(load(write("nlu.yml", f"nlu:\n{blocks}")).examples.label_names) == sorted(intents)

    def test_broken_yaml_and_other_yaml(self, load, write):
        with pytest.raises(UserError, match=r"nlu.yml:3: it is not YAML: "):
            load(write("nlu.yml", 'nlu:\n- intent: "a\n'))
        with pytest.raises(UserError, match="there are no rows"):
            load(write("rules.yml", "rules:\n- rule: say hi\n"))


class TestFolders:
    def test_texts_are_those_that_scikit_learn_reads(self, load):
        loaded = load(FILES / "folders" / "texts")
        assert pairs(loaded) == [tuple(pair) for pair in json.loads((FILES / "folders" / "expected.json").read_text())]
        assert loaded.examples.origins == ["01/a.txt", "01/b.txt", "true/10.txt", "true/9.txt"]

    def test_files_that_cannot_be_used_are_named(self, load, write, tmp_path):
        for name, text in {"a/1.txt": "one", "a/2.txt": b"\xff", "b/3.txt": "", "b/4.txt": "four", "b/.x": ""}.items():
            write(f"in/{name}", text)
        loaded = load(tmp_path / "in")
        assert pairs(loaded) == [("one", "a"), ("four", "b")]
        assert [Path(reject.file).name for reject in loaded.rejects] == ["2.txt", "3.txt"]
        assert "0xFF is not valid utf-8" in loaded.rejects[0].reason
        with pytest.raises(UserError, match="has no folders of texts"):
            load(tmp_path / "in" / "a", format=DataFormat.folders)


class TestDoccano:
    EXPECTED = (
        ("The lamp flickers at night", "01"),
        ('Line one,\nline "two" of a note — çok iyi', "true"),
        ("Two of us agree, as you see", "01"),
    )

    @pytest.mark.parametrize("name", ["all.jsonl", "all.json"])
    def test_json(self, load, name):
        loaded = load(FILES / "doccano" / name)
        assert pairs(loaded) == [*self.EXPECTED, ("A language", "C#")]
        assert [reject.reason for reject in loaded.rejects] == [
            "the row has 2 labels; only one label per text is supported"
        ]
        assert any("1 of its texts have no answer and are left out (1 not annotated)" in n for n in loaded.notices)

    def test_csv_does_not_say_whether_a_mark_is_part_of_a_label(self, load):
        loaded = load(FILES / "doccano" / "all.csv")
        assert pairs(loaded) == [*self.EXPECTED]
        assert ["'01#true'" in reasons(loaded)[6], "'C#'" in reasons(loaded)[8]] == [True, True]

    def test_fasttext(self, load):
        path = FILES / "doccano" / "all.txt"
        loaded = load(path, format=DataFormat.doccano)
        assert pairs(loaded) == [*self.EXPECTED, ("A language", "C#")]
        assert list(reasons(loaded)) == [5] and "(1 not annotated)" in loaded.notices[0]
        loaded = load(path)
        assert "set data.format=doccano" in reasons(loaded)[2]
