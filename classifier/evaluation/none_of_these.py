"""Metrics of a model that recognizes texts that belong to none of its other classes."""

from classifier.evaluation.bootstrap import Interval
from classifier.evaluation.proportions import wilson_interval
from classifier.evaluation.scored import Scored


def none_metrics(scored: Scored) -> dict[str, float]:
    """Returns the metrics of texts of none of the classes (Larson et al. 2019, "An evaluation dataset for intent
    classification and out-of-scope prediction"); none unless the last class is theirs.

    - `in_scope_accuracy`: share of right answers among the texts of the other classes; none of these is a wrong one.
    - `out_of_scope_recall`: share of the texts of none of the classes that are answered so.
    - `out_of_scope_auroc`: how well the probability of none of these ranks such texts above all others.
    """
    if not scored.has_none:
        return {}
    from sklearn.metrics import roc_auc_score

    outside = scored.truth[:, -1]
    shares = {name: hits / texts for name, (hits, texts) in counts(scored).items()}
    if outside.any() and not outside.all():
        shares["out_of_scope_auroc"] = float(roc_auc_score(outside, scored.probabilities[:, -1]))
    return shares


def none_intervals(scored: Scored) -> dict[str, Interval]:
    """Computes 95 % intervals of the shares in `none_metrics`."""
    if not scored.has_none:
        return {}
    return {name: wilson_interval(hits, texts) for name, (hits, texts) in counts(scored).items()}


def counts(scored: Scored) -> dict[str, tuple[int, int]]:
    """Returns right answers and texts of the shares in `none_metrics`, without shares of no text."""
    outside = scored.truth[:, -1]
    groups = {"in_scope_accuracy": ~outside, "out_of_scope_recall": outside}
    return {name: (int(scored.right[rows].sum()), int(rows.sum())) for name, rows in groups.items() if rows.any()}
