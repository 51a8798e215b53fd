"""Cross-validation measures on all texts, keeps finished folds after an interruption, and refuses what it cannot do."""

import numpy as np
import pytest

from classifier import TextClassifier
from classifier.command_line.compose import compose_training
from classifier.data import load_splits
from classifier.errors import UserError
from classifier.evaluation.predictions import read_predictions
from classifier.start import start_tensorflow
from classifier.tracking.untracked import UntrackedRun

SMALL = ("encoder=tiny", "encoder.depth=0", "encoder.width=12", "pooling=mean", "trainer.epochs=1")
WORDS = {"fruit": "apple pear plum", "tool": "saw axe file"}
TEXTS = [f"{word} {i}" for i in range(6) for words in WORDS.values() for word in words.split()]
LABELS = [label for _ in range(6) for label in WORDS for _ in range(3)]


def test_all_texts_are_measured(tmp_path, capsys):
    model = TextClassifier(*SMALL, "data.folds=2", f"hydra.run.dir={tmp_path}/run", verbose=True)
    summary = model.fit(TEXTS, LABELS).summary_
    assert summary["metrics"]["test"]["examples"] == 36
    folds = summary["folds"]
    assert folds["count"] == 2
    assert folds["mean"] == pytest.approx(summary["metrics"]["test"]["accuracy"]) == np.mean(folds["accuracy"])
    assert summary["parts"]["examples"] == 36
    found = read_predictions(tmp_path / "run" / "report" / "test" / "predictions.parquet")
    assert sorted(zip(found.texts, found.labels, strict=True)) == sorted(zip(TEXTS, LABELS, strict=True))
    assert set(model.predict(TEXTS[:2])) <= set(WORDS)
    sentence = "each of the 36 texts was classified by a model that had not seen it"
    assert sentence in (tmp_path / "run" / "report" / "index.html").read_text()
    out = capsys.readouterr().out
    assert sentence in out
    assert "Fold 2 of 2  accuracy" in out
    assert not list((tmp_path / "run" / "checkpoint").glob("*.npz"))


def test_finished_folds_are_kept_and_the_others_are_trained_again_bit_by_bit(tmp_path, monkeypatch):
    path = tmp_path / "texts.csv"
    path.write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in zip(TEXTS, LABELS, strict=True)))
    alone = "encoder.linear=none"
    settings = compose_training([*SMALL, alone, "data=files", f"data.train={path}", "data.folds=2"]).settings
    splits = load_splits(settings.data, 0)
    start_tensorflow(True)
    from classifier.pipeline import folds

    trained, answer_fold = [], folds.answer_fold

    def counted(*arguments):
        trained.append(arguments[-1])
        return answer_fold(*arguments)

    monkeypatch.setattr(folds, "answer_fold", counted)
    run = UntrackedRun(tmp_path, tmp_path / "state.npz")
    at_once = folds.cross_validate(settings, splits, run)
    (tmp_path / "fold_2.npz").unlink()
    resumed = folds.cross_validate(settings, splits, run)
    assert trained == ["Fold 1 of 2", "Fold 2 of 2", "Fold 2 of 2"]
    assert (resumed.scored.probabilities == at_once.scored.probabilities).all()
    assert resumed.accuracies == at_once.accuracies


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["data.folds=1"], r"data\.folds=1 must be at least 2"),
        (["data.folds=2.5"], r"data\.folds"),
        (["data.test=more.csv"], r"leave out either data\.folds or data\.test=more\.csv"),
        (["data.valid=more.csv"], r"leave out either data\.folds or data\.valid=more\.csv"),
        (["data.test_share=0.2"], r"leave out either data\.folds or data\.test_share"),
        (["data.time=date"], r"would learn from the future"),
        (["trainer.validation_only=true"], r"search without data\.folds"),
        (["distill.teacher=outputs/teacher"], r"distill\.teacher, which may have learned"),
        (["abstain.precision=0.9"], r"set a test split aside instead"),
        (["export.coverage=0.9"], r"set a test split aside instead"),
    ],
)
def test_what_cannot_be_measured_is_refused(overrides, message):
    with pytest.raises(UserError, match=message):
        compose_training(["data=files", "data.train=texts.csv", "data.folds=5", *overrides])
