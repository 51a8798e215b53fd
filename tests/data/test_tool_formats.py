"""Files of annotation tools, libraries and services, written by their own code (see formats/make_*.py)."""

import json
import sys
from pathlib import Path

import pytest

from classifier.data import load_splits, read_examples
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
        assert reasons(loaded)[104] == "the row has 2 labels; task=multi_label learns several labels per text"
        assert loaded.examples.origins[0] == f"{name}:100"

    def test_texts_without_an_answer_are_counted(self, load):
        notices = load(self.FOLDER / "export.json").notices
        assert any("left out 2 texts without an answer (1 not annotated, 1 skipped)" in n for n in notices)

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

    def test_tasks_with_the_same_id_of_their_own_are_apart(self, load, write):
        rows = '1,"1",7,1.0,"one text","01"\n2,"1",7,1.0,"another","true"\n'
        path = write("own.csv", f'"annotation_id","annotator","id","lead_time","text","topic"\n{rows}')
        assert pairs(load(path)) == [("one text", "01"), ("another", "true")]

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
            4: "the row has 2 labels; task=multi_label learns several labels per text",
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
            5: "the row has 2 labels; task=multi_label learns several labels per text",
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
        assert loaded.examples.origins == ["01/a.txt:1", "01/b.txt:1", "true/10.txt:1", "true/9.txt:1"]

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
            "the row has 2 labels; task=multi_label learns several labels per text"
        ]
        assert any("left out 1 text without an answer (1 not annotated)" in n for n in loaded.notices)

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


class TestHuggingFace:
    FOLDER = FILES / "huggingface"

    @pytest.mark.parametrize("name", ["named", "named/data-00000-of-00001.arrow", "named.parquet"])
    def test_class_labels_have_their_names(self, load, name):
        loaded = load(self.FOLDER / name)
        expected = [("The lamp flickers at night", "01"), ("çok iyi — thank you", "true"), ("Nobody is at home", "7")]
        assert pairs(loaded) == expected
        assert any("left out 1 text without an answer" in notice for notice in loaded.notices)

    def test_a_selection_is_in_its_order(self, load):
        assert pairs(load(self.FOLDER / "selected")) == [
            ("Nobody is at home", "7"),
            ("The lamp flickers at night", "01"),
        ]

    def test_several_files_and_lists(self, load):
        loaded = load(self.FOLDER / "strings")
        assert loaded.examples.named_labels() == ["01", "true", "01", "7"]
        assert loaded.examples.origins[-1] == "strings:4"
        assert list(reasons(load(self.FOLDER / "lists"))) == [3]

    def test_declared_splits_are_honoured(self, settings):
        splits = load_splits(settings(self.FOLDER / "splits"), seed=1)
        assert {name: part.texts for name, part in splits.parts().items()} == {
            "train": ["train 0", "train 1", "train 2"],
            "valid": ["validation 0", "validation 1"],
            "test": ["test 0", "test 1"],
        }
        assert splits.test.origins == ["test:1", "test:2"]

    def test_a_missing_column_is_named(self, load):
        with pytest.raises(UserError, match=r"no column 'labels'.* Did you mean 'label'"):
            load(self.FOLDER / "named", label="labels")


class TestSpacy:
    PATH = FILES / "spacy" / "documents.spacy"

    def test_categories(self, load):
        pytest.importorskip("spacy", reason="spaCy is not installed")
        loaded = load(self.PATH)
        assert pairs(loaded) == [
            ("The lamp flickers at night", "01"),
            ("çok iyi — thank you", "true"),
            ("A model was unsure of this", "true"),
        ]
        assert list(reasons(loaded)) == [3]
        assert "(1 not annotated, 1 without a category that applies)" in loaded.notices[0]

    def test_without_spacy(self, load, monkeypatch):
        monkeypatch.setitem(sys.modules, "spacy.tokens", None)
        with pytest.raises(UserError, match=r'a DocBin needs spaCy.*\n  pip install "spacy>=3.8,<4"'):
            load(self.PATH)


class TestArgilla:
    FOLDER = FILES / "argilla"

    EXPECTED = (
        ("The lamp flickers at night", "01"),
        ("çok iyi — thank you", "true"),
        ("Three of us read this", "01"),
        ("See you tomorrow", "true"),
    )

    def test_flattened_records_say_what_was_submitted(self, load):
        loaded = load(self.FOLDER / "flattened.json", text="message")
        assert pairs(loaded) == [*self.EXPECTED]
        assert [reject.reason for reject in loaded.rejects] == ["the annotators disagree: '01' (1), 'true' (1)"]
        assert "(1 without a response)" in loaded.notices[0]

    def test_nested_records_do_not_and_a_notice_says_so(self, load):
        loaded = load(self.FOLDER / "records.json")
        assert pairs(loaded)[1] == ("çok iyi — thank you", "01")  # two drafts or discarded responses
        assert "does not say which responses are drafts or discarded" in loaded.notices[-1]

    def test_what_is_not_found_is_named(self, load):
        with pytest.raises(UserError, match=r"no column 'topics'.* Did you mean 'topic'"):
            load(self.FOLDER / "records.json", label="topics")
        with pytest.raises(UserError, match=r"name the field of the texts with data.text=; it can be 'id'"):
            load(self.FOLDER / "flattened.json")


class TestComprehend:
    def test_csv_without_a_header(self, load, write):
        path = write("spam.csv", '01,"a, b"\ntrue,second text\n01,\n')
        loaded = load(path, format=DataFormat.comprehend)
        assert pairs(loaded) == [("a, b", "01"), ("second text", "true")]
        assert reasons(loaded) == {3: "the text is empty"}

    def test_an_augmented_manifest(self, load, write):
        def line(text, name, **others):
            answer = {"class-name": name, "human-annotated": "yes", "type": "groundtruth/text-classification"}
            return json.dumps({"source": text, "job": 0, "job-metadata": answer} | others) + "\n"

        far = line("x", "01").replace('"source"', '"source-ref"')
        loaded = load(write("in.manifest.jsonl", line("one", "01") + line("two", "true") + far))
        assert pairs(loaded) == [("one", "01"), ("two", "true")]
        assert "is in Amazon S3" in reasons(loaded)[3]


class TestVertex:
    def test_json(self, settings, write):
        def line(text, *labels, use=None):
            names = [{"displayName": label} for label in labels]
            item = {"classificationAnnotation": names[0]} if len(names) == 1 else {"classificationAnnotations": names}
            uses = {"dataItemResourceLabels": {"aiplatform.googleapis.com/ml_use": use}} if use else {}
            return json.dumps({**item, "textContent": text, **uses}) + "\n"

        lines = [line(f"text {i}", ["01", "true"][i % 2], use="training") for i in range(4)]
        lines += [line("t", "01", use="test"), line("v", "true", use="validation"), line("new", "7", use="test")]
        lines += [
            line("two", "01", "true"),
            line("far", "01").replace('"textContent": "far"', '"textGcsUri": "gs://a/b"'),
        ]
        splits = load_splits(settings(write("in.jsonl", "".join(lines)), max_bad_rows=1.0), seed=1)
        assert [part.texts for part in splits.parts().values()] == [[f"text {i}" for i in range(4)], ["v"], ["t"]]
        assert splits.train.label_names == ("01", "true")
        assert [reject.reason.split(",")[0].split(";")[0] for reject in splits.rejects] == [
            "the row has 2 labels",
            "the text is in Google Cloud Storage: download it",
            "label '7' does not occur in train",
        ]

    def test_csv(self, settings, write):
        rows = (
            'TRAIN,"a, b",01\nTRAIN,second,true\nTEST,third,01\nVALIDATION,fourth,true\nTRAIN,fifth\nTEST,six,01,true\n'
        )
        splits = load_splits(settings(write("in.csv", rows), format=DataFormat.vertex, max_bad_rows=1.0), seed=1)
        assert [part.texts for part in splits.parts().values()] == [["a, b", "second"], ["fourth"], ["third"]]
        assert any("1 not labelled" in notice for notice in splits.notices)

    def test_rows_of_a_split_with_its_own_file_are_left_out(self, settings, write):
        rows = "TRAIN,a,01\nTRAIN,b,true\nTEST,c,01\nVALIDATION,d,true\n"
        path, test = write("in.csv", rows), write("test.csv", "TEST,e,01\nTRAIN,f,true\n")
        splits = load_splits(settings(path, test=test, format=DataFormat.vertex), seed=1)
        assert [part.texts for part in splits.parts().values()] == [["a", "b"], ["d"], ["e"]]
        assert sum("left out" in notice.lower() for notice in splits.notices) == 2


class TestAzure:
    def project(self, write, documents):
        assets = {"projectKind": "CustomSingleLabelClassification", "classes": [], "documents": documents}
        return write("in/project.json", json.dumps({"projectFileVersion": "2022-05-01", "assets": assets}, indent=2))

    def test_documents(self, settings, write):
        def document(name, label, dataset="Train"):
            write(f"in/{name}.txt", f"text of {name}")
            return {"location": f"{name}.txt", "language": "en", "dataset": dataset, "class": {"category": label}}

        documents = [document(str(i), ["01", "true"][i % 2]) for i in range(8)]
        documents += [document("last", "01", "Test"), {"location": "none.txt"}]
        documents += [{**documents[0], "location": "gone.txt"}]
        splits = load_splits(settings(self.project(write, documents), max_bad_rows=1.0, valid_share=0.3), seed=1)
        assert splits.test.texts == ["text of last"] and splits.test.origins == ["last.txt:1"]
        assert len(splits.valid) == 2 and len(splits.train) == 6
        assert [reject.reason for reject in splits.rejects] == ["there is no file gone.txt"]

    def test_texts_that_were_not_downloaded(self, load, write):
        with pytest.raises(UserError, match=r"none of 1 text, such as a.txt, is in its folder. Download"):
            load(self.project(write, [{"location": "a.txt", "class": {"category": "x"}}]))


@pytest.mark.parametrize("name", ["rasa", "argilla"])
def test_a_file_of_another_kind_is_not_called_empty(write, settings, name):
    path = write("rows.csv", "text,label\na,b\nc,d\n")
    with pytest.raises(UserError, match=rf"no labelled texts in the format of data\.format={name}\. Leave"):
        load_splits(settings(str(path), format=DataFormat[name]), seed=0)
