"""F1 with several labels per text, next to TF-IDF with a logistic regression for each label, on GoEmotions.

    CLASSIFIER_DATA=<folder> python benchmarks/several_labels.py [--methods default logistic] [--seeds 0 1 2]

`minilm` needs the weights of MiniLM (docs/pretrained.md). Each method gives probabilities of the labels; the thresholds
from which a label is given are then chosen on validation, in the same way for all methods, once for macro F1 and once
for micro F1. Writes the marked block of docs/several_labels.md; what has a result.json in the output folder is not
measured again.
"""

import json
import shutil
import sys
from collections.abc import Sequence
from functools import partial
from itertools import product
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
import pyarrow.parquet
from comparison.cases import training
from harness.machine import in_a_line
from harness.markdown import table, write_blocks
from harness.project import door, train_settings
from harness.results import kept
from harness.workers import Failed, Worker

from classifier.evaluation.label_sets import averaged_sets
from classifier.evaluation.predictions import numbered
from classifier.settings import LabelsSettings, Maximize
from classifier.tasks.label_thresholds import label_thresholds

DATA = "goemotions"
METHODS = {
    "default": "ours, default",
    "minilm": "ours, encoder=minilm",
    "logistic": "TF-IDF, logistic regression",
}
SETTINGS = {"default": [], "minilm": ["encoder=minilm"]}
STRENGTHS = (1.0, 3.0, 10.0, 30.0)  # C of the logistic regression, chosen by the log-loss on validation
Answers = tuple[np.ndarray, np.ndarray]  # probabilities, and whether a text has each label: (texts, labels)


def main() -> None:
    """Measures what is missing, then writes the table; exit code 1 if something failed."""
    parser = door(__doc__, "several_labels")
    parser.add_argument("--methods", nargs="*", default=list(METHODS), choices=METHODS, metavar="NAME")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], help="of ours")
    options = parser.parse_args()
    output: Path = options.output.absolute()
    failed, results = False, {}
    for seed, method in product(options.seeds, options.methods):
        if method == "logistic" and seed != options.seeds[0]:
            continue  # nothing in it is random
        place = output / f"{method}-{seed}"
        try:
            settings = [f"data={DATA}", f"seed={seed}", *SETTINGS.get(method, [])]
            results[method, seed] = kept(place, {"settings": settings}, partial(measure, method, settings, place))
            print(f"{place}: {results[method, seed]['found']}", flush=True)
        except Failed as error:
            failed = True
            print(f"{place}: {error}", file=sys.stderr, flush=True)
    if results:
        facts = in_a_line([one["machine"] for one in results.values()])
        write_blocks(options.docs / "several_labels.md", {"several labels": f"{table(rows(results))}\n\n{facts}"})
    sys.exit(failed)


def measure(method: str, settings: Sequence[str], folder: Path) -> dict[str, Any]:
    """F1 on test, by thresholds that were chosen on validation, and the seconds of the process."""
    shutil.rmtree(folder, ignore_errors=True)
    if method == "logistic":
        with Worker(method, "several_labels", log=folder / "log.txt") as worker:
            worker.ask("logistic", folder=str(folder))
            seconds = worker.close().seconds
        valid, test = (tuple(np.load(folder / f"{part}.npz").values()) for part in ("valid", "test"))
        return {**scores(valid, test), "wall_seconds": seconds}
    found = training(settings, folder, folder.parent)
    shutil.rmtree(folder / "run" / "model")
    valid, test = (answers(folder / "run" / "report" / part / "predictions.parquet") for part in ("valid", "test"))
    return {**scores(valid, test), "wall_seconds": found["wall_seconds"]}


def answers(path: Path) -> Answers:
    """Probabilities and labels of the predictions of a training."""
    read = pyarrow.parquet.read_table(path, columns=["label", "probabilities"])
    names = json.loads(read.schema.metadata[b"label_names"])
    labels = numbered(read["label"].to_pylist(), {name: place for place, name in enumerate(names)})
    return np.array(read["probabilities"].to_pylist(), np.float32), labels


def scores(valid: Answers, test: Answers) -> dict[str, float]:
    """Macro and micro F1 on test, each with the thresholds that maximize it on validation."""
    found = {}
    for kind in Maximize:
        thresholds = np.array(label_thresholds(LabelsSettings(maximize=kind), *valid), np.float32)
        for average in ("macro", "micro"):
            measured = averaged_sets(test[1], test[0] >= thresholds, average)
            found[f"{average}_f1, thresholds for {kind.name}"] = measured[f"{average}_f1"]
    return found


def logistic(folder: str) -> None:
    """Writes probabilities and labels of TF-IDF of words and pairs of words with a logistic regression per label.

    Fitted on train; C is the best on validation. In a process of its own.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss
    from sklearn.multiclass import OneVsRestClassifier

    from classifier.data import load_splits

    settings = train_settings((f"data={DATA}",))
    splits = load_splits(settings.data, settings.seed, several=True)
    features = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    values = features.fit_transform(splits.train.texts)
    parts = {name: (features.transform(part.texts), part.labels > 0) for name, part in splits.parts().items()}
    losses = {}
    for strength in STRENGTHS:
        model = OneVsRestClassifier(LogisticRegression(C=strength, max_iter=1000)).fit(values, splits.train.labels)
        seen, truth = parts["valid"]
        losses[strength] = log_loss(truth.ravel(), model.predict_proba(seen).ravel()), model
    best = min(losses.values(), key=lambda one: one[0])[1]
    for part in ("valid", "test"):
        seen, truth = parts[part]
        np.savez(Path(folder) / f"{part}.npz", best.predict_proba(seen), truth)


def rows(results: dict[tuple[str, int], dict[str, Any]]) -> list[dict[str, str]]:
    """A row for each method: mean and standard deviation over its seeds, and minutes."""
    found = []
    for method, name in METHODS.items():
        measured = [one["found"] for (kind, _), one in results.items() if kind == method]
        if measured:
            row = {"method": name, "seeds": "–" if method == "logistic" else str(len(measured))}
            for key in measured[0]:
                values = [one[key] for one in measured]
                deviation = f" ± {stdev(values):.3f}" if values[1:] else ""
                row[key] = f"{mean(values):.3f}{deviation}"
            row["minutes"] = f"{mean(one['wall_seconds'] for one in measured) / 60:.1f}"
            del row["wall_seconds"]
            found.append(row)
    return found


if __name__ == "__main__":
    main()
