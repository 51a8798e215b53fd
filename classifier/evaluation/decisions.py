"""Metrics of the decisions of a model: which answers it accepts, and which labels its sets contain."""

import numpy as np
from numpy.typing import NDArray

from classifier.evaluation.scored import Scored


def decision_metrics(scored: Scored) -> dict[str, float]:
    """Returns the metrics of the decisions of a model, all between 0 and 1 except for the size of sets.

    There are none if a text can have several labels.

    - `risk_coverage_area`: the mean share of mistakes among the most confident answers, over all shares of accepted
      answers (Geifman, Uziel and El-Yaniv 2019, "Bias-reduced uncertainty estimation for deep neural classifiers").
    - `accepted`: share of accepted answers; `accepted_precision`: share of right ones among them, if there are any.
    - `coverage`: share of examples whose label set contains the label; `mean_set_size`: mean number of labels in a set.
    """
    if scored.several:
        return {}
    metrics = {"risk_coverage_area": float(risk_coverage(scored)[1].mean())}
    decision = scored.decision
    if decision.accept_from is not None:
        accepted = decision.accepted(scored.probabilities)
        metrics["accepted"] = float(accepted.mean())
        if accepted.any():
            metrics["accepted_precision"] = float(scored.right[accepted].mean())
    if decision.include_from is not None:
        sets = decision.label_sets(scored.probabilities)
        metrics["coverage"] = float(sets[np.arange(len(scored)), scored.labels].mean())
        metrics["mean_set_size"] = float(sets.sum(axis=1).mean())
    return metrics


def risk_coverage(scored: Scored) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns shares of accepted answers, and the share of mistakes among them, both (examples,).

    The answers are accepted in the order of decreasing confidence.
    """
    order = np.argsort(-scored.confidence, kind="stable")
    accepted = np.arange(1, len(scored) + 1)
    return accepted / len(scored), np.cumsum(~scored.right[order]) / accepted
