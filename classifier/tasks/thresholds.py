"""Chooses the thresholds of a `Decision` on validation examples."""

import math
from dataclasses import asdict, replace

import numpy as np
from numpy.typing import NDArray

from classifier.errors import UserError
from classifier.settings import AbstainSettings, CoverageSettings, LabelSets, LabelsSettings
from classifier.tasks.decision import NEVER, Decision
from classifier.tasks.label_thresholds import label_thresholds, promise_of
from classifier.tasks.set_scores import set_scores

LEAST_OF_MOST_LIKELY = 0.499  # with `aps`, the score of the most likely label is 0.5 or more, apart from rounding
CONFIDENCE = 0.95  # with which a promised precision holds
FIRST_TEST = 2  # times the examples that would prove the precision without a mistake, so that a few mistakes may occur
GROWTH = 1.1  # from one number of tested answers to the next


def decide(
    abstain: AbstainSettings,
    export: CoverageSettings,
    chosen: LabelsSettings,
    probabilities: NDArray[np.floating],
    labels: NDArray[np.integer],
) -> Decision:
    """Chooses the thresholds.

    Args:
        abstain: when an answer is accepted.
        export: coverage of the label sets.
        chosen: how the labels of a text are chosen, if it can have several.
        probabilities: probabilities of the validation examples, (examples, classes).
        labels: their classes, (examples,), or whether they have each label, (examples, classes).
    """
    if labels.ndim == 2:
        thresholds = label_thresholds(chosen, probabilities, labels > 0)
        return Decision(label_from=thresholds, promise=promise_of(chosen), examples=len(labels))
    promised = {f"abstain.{key}": value for key, value in asdict(abstain).items() if value is not None}
    decision = Decision(accept_from(abstain, probabilities, labels), promise=promised, examples=len(labels))
    if export.coverage is None:
        return decision
    scores = set_scores(export.label_sets, probabilities)
    least = least_scores(scores, labels, export.coverage, by_class=export.coverage_by_class)
    if export.label_sets is LabelSets.aps:
        least = tuple(min(one, LEAST_OF_MOST_LIKELY) for one in least)
    promised |= {"export.coverage": export.coverage}
    if export.coverage_by_class:
        promised["export.coverage_by_class"] = True
    if export.label_sets is not LabelSets.lac:
        promised["export.label_sets"] = export.label_sets.name
    return replace(decision, include_from=least, label_sets_by=export.label_sets)


def accept_from(
    abstain: AbstainSettings, probabilities: NDArray[np.floating], labels: NDArray[np.integer]
) -> float | None:
    """Returns the lowest score of an accepted answer, or None if nothing is asked for; arguments as for `decide`."""
    scores, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    if abstain.precision is not None:
        return least_score_for_precision(scores, right, abstain.precision)
    if abstain.coverage is not None:
        return least_score_for_coverage(scores, abstain.coverage)
    if abstain.mistake_cost is not None:
        return 1 - 1 / abstain.mistake_cost  # Chow 1970, "On optimum recognition error and reject tradeoff"
    return None


def refuse_labels(chosen: LabelsSettings, several: bool) -> None:
    """Refuses settings of the labels of a text if it has one label.

    Raises:
        UserError: if there are such settings.
    """
    if chosen != LabelsSettings() and not several:
        raise UserError("labels.maximize and labels.precision are for several labels per text: task=multi_label.")


def refuse_impossible(abstain: AbstainSettings, export: CoverageSettings, several: bool, examples: int) -> None:
    """Refuses a promise that cannot be kept with a number of validation examples, even without any mistake.

    Args:
        abstain, export: see `decide`.
        several: whether a text can have several labels, for which there are no such promises.
        examples: number of validation examples.

    Raises:
        UserError: if there are too few examples, or several labels.
    """
    if several:
        asked = {f"abstain.{key}": value for key, value in asdict(abstain).items()} | {
            "export.coverage": export.coverage
        }
        for key, value in asked.items():
            if value is not None:
                raise UserError(
                    f"{key}={value:g} is for texts with one label each. If a text can have several, choose their "
                    "thresholds with labels.precision= or labels.maximize=."
                )
    more = "Give more with data.valid= or data.valid_share=, or ask for less."
    if abstain.precision is not None:
        needed = enough_without_mistake(abstain.precision)
        if examples < needed:
            raise UserError(
                f"abstain.precision={abstain.precision:g} cannot be promised with {examples:,} validation examples: "
                f"even without a mistake, it takes {needed:,}. {more}"
            )
    if export.coverage is not None and examples < (needed := enough_for(export.coverage)):
        raise UserError(
            f"export.coverage={export.coverage:g} needs {needed:,} validation examples, but there are {examples:,}. "
            f"{more}"
        )


def least_score_for_precision(
    scores: NDArray[np.floating], right: NDArray[np.bool_], precision: float, confidence: float = CONFIDENCE
) -> float:
    """Returns the lowest score from which the answers are right with a precision, with some confidence.

    Tests more and more of the best answers, and stops before the first test that fails: in such a fixed sequence, each
    test may use the whole risk of error (Angelopoulos et al. 2021, "Learn then test", section 4.2).

    Args:
        scores: scores of the validation examples, (examples,).
        right: whether their answers are right, (examples,).
        precision: share of right answers among the accepted ones.
        confidence: probability with which the precision holds on new examples of the same distribution.

    Returns:
        The threshold; NEVER if no threshold passes.
    """
    order = np.argsort(-scores, kind="stable")
    ordered, hits = scores[order], np.cumsum(right[order])
    least, tested = NEVER, FIRST_TEST * enough_without_mistake(precision, confidence)
    while True:
        score = ordered[min(tested, len(ordered)) - 1]
        accepted = int((scores >= score).sum())
        if lower_bound(int(hits[accepted - 1]), accepted, 1 - confidence) < precision:
            return least
        least = float(score)
        if accepted == len(ordered):
            return least
        tested = math.ceil(GROWTH * tested)


def enough_without_mistake(precision: float, confidence: float = CONFIDENCE) -> int:
    """Returns the number of examples that prove a precision if all of them are right: 59 for 0.95."""
    return math.ceil(math.log(1 - confidence) / math.log(precision))


def lower_bound(right: int, examples: int, risk: float) -> float:
    """Returns the one-sided lower confidence bound of a share (Clopper and Pearson 1934).

    >>> round(lower_bound(20, 20, 0.05), 3)
    0.861
    """
    from scipy.stats import beta

    return float(beta.ppf(risk, right, examples - right + 1)) if right else 0.0


def least_score_for_coverage(scores: NDArray[np.floating], coverage: float) -> float:
    """Returns the highest score from which at least the share `coverage` of the examples is accepted."""
    ordered = np.sort(scores)[::-1]
    return float(ordered[math.ceil(coverage * len(ordered)) - 1])


def least_scores(
    scores: NDArray[np.floating], labels: NDArray[np.integer], coverage: float, *, by_class: bool
) -> tuple[float, ...]:
    """Returns the lowest score with which each label belongs to the label set.

    The set contains the right label with at least the probability `coverage` on new examples of the same distribution
    (split conformal prediction: Vovk, Gammerman and Shafer 2005, "Algorithmic learning in a random world").

    Args:
        scores: scores of the validation examples, (examples, classes); see `set_scores`.
        labels: their classes, (examples,).
        coverage: share of examples whose set contains the label.
        by_class: whether the coverage holds for each class that has enough examples, instead of on average.

    Returns:
        One threshold per class.
    """
    of_label = scores[np.arange(len(labels)), labels]
    overall = conformal_quantile(of_label, coverage)
    if not by_class:
        return (overall,) * scores.shape[1]
    enough = enough_for(coverage)
    counts = np.bincount(labels, minlength=scores.shape[1])
    return tuple(
        conformal_quantile(of_label[labels == number], coverage) if count >= enough else overall
        for number, count in enumerate(counts)
    )


def enough_for(coverage: float) -> int:
    """Returns the least number of examples for a conformal quantile: 9 for a coverage of 0.9."""
    return math.ceil(round(coverage / (1 - coverage), 6))


def conformal_quantile(values: NDArray[np.floating], coverage: float) -> float:
    """Returns the value that a new one reaches with at least the probability `coverage`; 0 with too few values."""
    rank = math.ceil(round((len(values) + 1) * coverage, 6))
    return float(np.sort(values)[::-1][rank - 1]) if rank <= len(values) else 0.0
