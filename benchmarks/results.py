"""Trains the defaults on each named data set, a linear baseline beside it on the same split, and tabulates both.

    CLASSIFIER_DATA=<folder> python benchmarks/results.py [--data embedded trec6 ...] [--output outputs/results]

Each data set is a process of its own; its test split is scored once by each of the two. A set whose summary.json exists
already in the output folder is not trained again, so that a measurement can be continued.
"""

import argparse
import json
import platform
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

CHOICES = {
    "embedded": "data=embedded",
    "trec6": "data=trec6",
    "sst2": "data=sst2",
    "germeval2018": "data=germeval2018",
    "banking77": "data=banking77",
    "clinc150": "data=clinc150",
    "imdb": "experiment=imdb",
    "newsgroups20": "experiment=newsgroups20",
}


def main() -> None:
    """Measures what is missing and prints the table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", default=list(CHOICES), choices=list(CHOICES))
    parser.add_argument("--output", type=Path, default=Path("outputs/results"))
    arguments = parser.parse_args()
    rows = []
    for name in arguments.data:
        folder = arguments.output / name
        if not (folder / "summary.json").exists():
            train(name, folder)
        baseline = folder / "baseline.json"
        if not baseline.exists():
            baseline.write_text(json.dumps(linear_baseline(name)))
        print(f"{name} done", flush=True)
        rows.append(row(name, json.loads((folder / "summary.json").read_text()), json.loads(baseline.read_text())))
    print(f"\nMeasured {date.today()} with Python {platform.python_version()} on {processor()}, 2 cores.\n")
    print(
        "| data | override | seconds | of them training | peak, MB | test accuracy (95 %) | macro F1 | linear alone |"
    )
    print("|---|---|---|---|---|---|---|---|")
    print("\n".join(rows))


def train(name: str, folder: Path) -> None:
    """The command that the table names."""
    command = [sys.executable, "-m", "classifier.train", CHOICES[name], f"hydra.run.dir={folder}"]
    began = time.monotonic()
    subprocess.run(command, check=True)
    summary = json.loads((folder / "summary.json").read_text())
    summary["wall_seconds"] = time.monotonic() - began
    (folder / "summary.json").write_text(json.dumps(summary))


def linear_baseline(name: str) -> dict[str, Any]:
    """TF-IDF of words 1-2, logistic regression (C=10), on the very same train and test split."""
    from hydra import compose, initialize_config_dir
    from hydra.core.config_store import ConfigStore
    from omegaconf import OmegaConf
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    from classifier.command_line import CONF
    from classifier.data import load_splits
    from classifier.evaluation.metrics import evaluate
    from classifier.settings import TrainSettings

    ConfigStore.instance().store(name="train_settings", node=TrainSettings)
    with initialize_config_dir(str(CONF), version_base="1.3"):
        settings: Any = OmegaConf.to_object(compose("train", [f"data={name}"]))
    splits = load_splits(settings.data, settings.seed)
    began = time.monotonic()
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10, max_iter=1000)
    )
    model.fit(splits.train.texts, splits.train.labels)
    seconds = time.monotonic() - began
    evaluation = evaluate(splits.test.labels, model.predict_proba(splits.test.texts), list(splits.test.label_names))
    interval = evaluation.intervals["accuracy"]
    return {
        "accuracy": evaluation.metrics["accuracy"],
        "low": interval.low,
        "high": interval.high,
        "seconds": seconds,
    }


def row(name: str, summary: dict[str, Any], baseline: dict[str, Any]) -> str:
    """One line of the table."""
    test = summary["metrics"]["test"]
    return (
        f"| {name} | `{CHOICES[name]}` | {summary['wall_seconds']:.0f} | {summary['training_seconds']:.0f} "
        f"| {summary['peak_memory_mb']:,.0f} "
        f"| **{test['accuracy']:.3f}** ({test['accuracy_low']:.3f}–{test['accuracy_high']:.3f}) "
        f"| {test['macro_f1']:.3f} "
        f"| {baseline['accuracy']:.3f} ({baseline['low']:.3f}–{baseline['high']:.3f}) |"
    )


def processor() -> str:
    """Its name, as the kernel tells it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


if __name__ == "__main__":
    main()
