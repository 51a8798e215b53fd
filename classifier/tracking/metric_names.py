"""Names of metrics in MLflow, which sorts them alphabetically where it compares runs: `test.accuracy` is the first.

Everywhere else in this package, and in runs of earlier versions, costs have shorter names, as in `sweep.objective`.
"""

from collections.abc import Mapping

BY_EPOCH = "training/"  # prefix of the metrics of each epoch; MLflow shows what is before a slash as a section
EARLIER_BY_EPOCH = "epoch/"
LOSSES = (f"{BY_EPOCH}loss", f"{EARLIER_BY_EPOCH}loss")  # one of these has a value for each epoch
SYSTEM = "system/"  # MLflow's own
EPOCH_METRICS = (  # a chart of the first metric that was ever logged is the first on MLflow's page for comparing runs
    "valid.accuracy",
    "valid.macro_f1",
    "valid.macro_precision",
    "valid.macro_recall",
    "valid.log_loss",
    "loss",
)
RESULTS = {  # metrics of a split that are tracked; the others are in the report
    "test": (
        "accuracy",
        "accuracy_low",
        "accuracy_high",
        "macro_f1",
        "macro_f1_low",
        "macro_f1_high",
        "micro_f1",  # only of texts with several labels; of one label it is the accuracy
        "micro_f1_low",
        "micro_f1_high",
        "hamming_loss",
        "macro_precision",
        "macro_recall",
        "log_loss",
        "expected_calibration_error",
        "accepted",
        "accepted_precision",
        "in_scope_accuracy",  # only of a model that recognizes texts of none of its classes
        "out_of_scope_recall",
        "out_of_scope_auroc",
        "coverage",
        "mean_set_size",
    ),
    "valid": (
        "accuracy",
        "macro_f1",
        "micro_f1",
        "macro_precision",
        "macro_recall",
        "log_loss",
        "in_scope_accuracy",
        "out_of_scope_recall",
        "out_of_scope_auroc",
    ),
}
NAMES = {
    "best_epoch": "training.best_epoch",
    "training_seconds": "training.seconds",
    "parameters": "training.parameters",
    "latency_ms": "text.latency_ms",  # of a single text
    "seconds": "trial.seconds",  # of all processes of a trial
    "test.accepted": "test.share_accepted",  # only of a model that abstains
    "test.accepted_precision": "test.share_right_of_accepted",
}
PLAIN = {logged: name for name, logged in NAMES.items()}


def logged_name(name: str) -> str:
    """Returns the name of a metric in MLflow.

    >>> logged_name("latency_ms"), logged_name("test.accuracy")
    ('text.latency_ms', 'test.accuracy')
    """
    return NAMES.get(name, name)


def tracked_results(split: str, metrics: Mapping[str, float]) -> dict[str, float]:
    """Returns the tracked metrics of a split with the split in front of their names."""
    return {f"{split}.{name}": metrics[name] for name in RESULTS[split] if name in metrics}


def plain_name(logged: str) -> str:
    """Returns the name of a metric outside of MLflow, also for runs of earlier versions."""
    return PLAIN.get(logged, logged)


def epoch_metric(logged: str) -> str | None:
    """Returns the name of a metric of each epoch without its prefix, and None for any other metric."""
    for prefix in (BY_EPOCH, EARLIER_BY_EPOCH):
        if logged.startswith(prefix):
            return logged.removeprefix(prefix)
    return None


def is_result(logged: str) -> bool:
    """Whether a metric has one value per run: it is neither of an epoch nor of the machine."""
    return epoch_metric(logged) is None and not logged.startswith(SYSTEM)
