"""Few metrics are tracked, and those of earlier versions can still be read."""

from types import SimpleNamespace

from classifier.tracking.metric_names import EPOCH_METRICS, NAMES, RESULTS, logged_name, tracked_results
from classifier.tracking.run import IDENTITY, OUTPUT
from classifier.tracking.trial_records import as_record


def record(metrics):
    info = SimpleNamespace(run_name="depth=2", status="FINISHED", run_id="7" * 32, start_time=7000)
    names = {"trial": "3", "kind": "trial", "overrides": "[]"}
    tags = {f"classifier.{name}": value for name, value in names.items()} | {IDENTITY: "a", OUTPUT: "out"}
    return as_record(SimpleNamespace(info=info, data=SimpleNamespace(metrics=metrics, tags=tags)))


def test_trials_of_earlier_versions_have_the_same_metrics():
    expected = {"valid.accuracy": 0.5, "latency_ms": 2.0, "training_seconds": 7.0, "seconds": 11.0}
    earlier = {**expected, "epoch/loss": 0.3, "system/cpu": 1.0}
    now = {
        "valid.accuracy": 0.5,
        "text.latency_ms": 2.0,
        "training.seconds": 7.0,
        "trial.seconds": 11.0,
        "training/loss": 0.3,
    }
    assert record(earlier).metrics == record(now).metrics == expected


def test_the_accuracy_of_the_test_is_the_first_of_about_25_metrics():
    results = [
        name for split, of_split in RESULTS.items() for name in tracked_results(split, dict.fromkeys(of_split, 1.0))
    ]
    tracked = {*map(logged_name, results), *NAMES.values(), *(f"training/{name}" for name in EPOCH_METRICS)}
    # 15 of them only of a model that decides or answers none of these, or of several labels per text
    assert min(tracked) == "test.accuracy" and len(tracked) == 41
    assert tracked_results("valid", {"accuracy": 0.5, "weighted_f1": 0.5}) == {"valid.accuracy": 0.5}
