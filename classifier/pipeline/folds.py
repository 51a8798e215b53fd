"""Cross-validation: a model for each fold labels the texts that it has not seen, and the answers are pooled."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from classifier.data import Splits
from classifier.evaluation.scored import Scored
from classifier.model.classifier_module import PlainClassifier
from classifier.model.hybrid import Completed, logits_of
from classifier.pipeline.job import started
from classifier.progress import Stage, duration
from classifier.settings import TrainSettings
from classifier.start import start_tensorflow
from classifier.tasks import NO_DECISION
from classifier.terminal import say
from classifier.tracking.open_run import AnyRun
from classifier.tracking.untracked import UntrackedRun
from classifier.training.checkpoint import load_checkpoint, save_checkpoint
from classifier.training.progress import show_step

PARTS = ("encoder", "ngrams")


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """The answers of all folds, each by a model that was trained without the text.

    Args:
        scored: all texts, fold by fold.
        right: whether `encoder`, `ngrams` and both `together` answer right, each (texts,); empty without n-grams.
        accuracies: accuracy of each fold.
    """

    scored: Scored
    right: Mapping[str, np.ndarray]
    accuracies: list[float]

    def summary(self) -> dict[str, Any]:
        """Returns the accuracy of the folds for summary.json, with their mean and standard deviation."""
        mean, deviation = statistics.mean(self.accuracies), statistics.stdev(self.accuracies)
        return {"count": len(self.accuracies), "accuracy": self.accuracies, "mean": mean, "sd": deviation}

    def sentence(self, validation: int) -> str:
        """Says how the model was measured; `validation` is the number of texts that it was validated on."""
        found = self.summary()
        return (
            f"Measured by {found['count']}-fold cross-validation: each of the {len(self.scored):,} texts was "
            "classified by a model that had not seen it. The accuracy of the folds is "
            f"{found['mean']:.3f} ± {found['sd']:.3f}. The exported model was trained on all of these texts, with "
            f"{validation:,} as validation."
        )


def cross_validate(settings: TrainSettings, splits: Splits, run: AnyRun) -> Pooled:
    """Trains a model for each fold, and returns their answers; those of finished folds are read from their files.

    The files are next to the checkpoint of the run, and are deleted together with it.
    """
    answers: list[dict[str, np.ndarray]] = []
    accuracies: list[float] = []
    for number, fold in enumerate(splits.folds, 1):
        name = f"Fold {number} of {len(splits.folds)}"
        path = run.checkpoint.with_name(f"fold_{number}.npz")
        loaded = load_checkpoint(path)
        if loaded is None:
            checkpoint = run.checkpoint.with_name(f"fold_{number}_state.npz")
            with Stage(name), UntrackedRun(run.output, checkpoint) as untracked:
                loaded = answer_fold(settings, fold, untracked, name)
                save_checkpoint(path, *loaded)
        state, arrays = loaded
        answers.append({part: array for part, (array,) in arrays.items()})
        accuracies.append(accuracy_of(answers[-1]["probabilities"], fold))
        say(f"{name}  accuracy {accuracies[-1]:.4f}  {duration(state['seconds'])}")
    return pooled(splits, answers, accuracies)


def accuracy_of(probabilities: np.ndarray, fold: Splits) -> float:
    """Returns the accuracy of probabilities (texts, classes) for the test of a fold."""
    assert fold.test is not None
    return float(NO_DECISION.right(probabilities, fold.test.labels).mean())


def answer_fold(
    settings: TrainSettings, fold: Splits, run: UntrackedRun, name: str
) -> tuple[dict[str, Any], dict[str, list[np.ndarray]]]:
    """Trains the model of a fold; returns its time, and its answers for the test of the fold."""
    start_tensorflow(settings.trainer.deterministic)  # clears the model of the fold before
    assert fold.test is not None
    with started(settings, fold, run) as job:
        training = job.training
        with Stage(name, unit="texts") as stage:
            for _ in training.epochs(lambda state, steps, examples: show_step(stage, training, examples, f"{name}: ")):
                pass
        whole = job.hybrid.complete(training.predict(training.data.valid_texts), training.data.targets)
    with Stage(f"{name}: classifying"):
        answers = answers_of(whole, fold.test.texts, fold.test.label_names)
    return {"seconds": training.state.seconds}, {part: [array] for part, array in answers.items()}


def answers_of(whole: Completed, texts: list[str], label_names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Returns the probabilities and, with an n-gram model, the logits of PARTS, each of shape (texts, classes)."""
    final = whole.final
    answers = {"probabilities": final.probabilities(texts)}
    if final.ngrams is not None:
        encoder = PlainClassifier(final.encoder, final.tokenizer, label_names[: final.encoder.output_shape[-1]])
        answers["encoder"] = encoder.probabilities(texts)  # their order is that of the logits
        answers["ngrams"] = logits_of(final.ngrams, final.tokenizer, texts)
    return answers


def pooled(splits: Splits, answers: list[dict[str, np.ndarray]], accuracies: list[float]) -> Pooled:
    """Joins the answers of all folds, whose accuracies are given."""
    tests = [fold.test for fold in splits.folds if fold.test is not None]
    labels = np.concatenate([test.labels for test in tests])
    joined = {part: np.concatenate([of_fold[part] for of_fold in answers]) for part in answers[0]}
    probabilities = joined.pop("probabilities")
    texts, origins = ([one for test in tests for one in getattr(test, name)] for name in ("texts", "origins"))
    has_none = splits.none_of_these is not None
    scored = Scored(labels, probabilities, list(tests[0].label_names), texts, origins, has_none=has_none)
    parts = {**joined, "together": probabilities} if joined else {}
    return Pooled(scored, {part: NO_DECISION.right(scores, labels) for part, scores in parts.items()}, accuracies)
