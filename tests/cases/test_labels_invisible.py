"""Labels that differ in invisible characters are one class; those that differ in case are two, but can be merged."""

import json
import unicodedata
from pathlib import Path

from conftest import TINY

STORE = "tracking.uri=sqlite:///cases.db"
QUICK = [*TINY, "encoder.linear=none", "trainer.validation_only=true", STORE, "data=files"]


def test_invisible_marks_make_no_classes(case, run, tmp_path):
    done = run("train", f"data.train={case('labels_invisible') / 'labels.csv'}", *QUICK, "hydra.run.dir=marks")
    assert done.returncode == 0, done.stderr
    assert " 2 classes" in done.stdout


def test_composed_and_decomposed_names_are_one_class(case, run, tmp_path):
    text = (case("labels_invisible") / "labels.csv").read_text(encoding="utf-8").replace("ham", "caf\u00e9")
    lines = [unicodedata.normalize("NFD" if i % 2 else "NFC", line) for i, line in enumerate(text.splitlines())]
    (tmp_path / "forms.csv").write_text("\n".join(lines), encoding="utf-8")
    done = run("train", "data.train=forms.csv", *QUICK)
    assert done.returncode == 0, done.stderr
    assert " 2 classes" in done.stdout


def test_a_name_in_another_case_is_noticed_joined_and_found_again(case, run, tmp_path):
    lines = (case("labels_invisible") / "labels.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "case.csv").write_text("\n".join([*lines, "one more text,Ham", "another text,Ham"]), encoding="utf-8")
    kept = run("train", "data.train=case.csv", *QUICK)
    assert "'Ham' (2) and 'ham' (30). data.label_case=fold joins them." in kept.stdout
    assert " 3 classes" in kept.stdout
    whole = [*TINY, "data=files", STORE, "data.train=case.csv", "data.label_case=fold", "hydra.run.dir=folded"]
    folded = run("train", *whole)
    assert folded.returncode == 0, folded.stderr
    assert " 2 classes" in folded.stdout
    check_test_in_another_case(run, tmp_path)


def check_test_in_another_case(run, folder: Path):
    model = json.loads((folder / "folded/summary.json").read_text())["model"]
    (folder / "test.csv").write_text("text,label\ngreat parcel,HAM\nslow parcel,Spam\n")
    remembered = run("evaluate", f"model={model}", "data.test=test.csv", STORE)
    assert remembered.returncode == 0, remembered.stderr
    assert "are one class, as in the training of the model" in " ".join(remembered.stdout.split())
    for command in (["evaluate", "data.test=test.csv"], ["explain", "input=test.csv", "data.label=label"]):
        done = run(command[0], f"model={model}", *command[1:], "data.label_case=fold", STORE)
        assert done.returncode == 0, done.stderr
