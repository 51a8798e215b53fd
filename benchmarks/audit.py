"""How well `classifier audit` finds wrong labels, next to cleanlab, and what leaving them out is worth.

    CLASSIFIER_DATA=<folder> python benchmarks/audit.py --python <environment>/bin/python [--data trec6 ...]

One in twenty training labels is replaced by another one, drawn with a seed. Each method ranks the labels; the precision
is the share of replaced labels among as many as were replaced. Data sets have wrong labels of their own, which count as
mistakes here. With --train, the classifier is trained with the replaced labels, and without the labels that the audit
puts first, and both are measured on the unchanged test split. The contender runs in an environment of its own: pip
install cleanlab==2.9.0. Writes the marked block of docs/audit.md; what has a result.json is not measured again.
"""

import json
import sys
from collections.abc import Mapping
from functools import partial
from itertools import product
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import pyarrow.parquet
from comparison.cases import training
from harness.machine import in_a_line
from harness.markdown import spread, table, write_blocks
from harness.project import door, train_settings
from harness.results import kept
from harness.workers import Failed, Worker

from classifier.data import Examples, load_splits
from classifier.evaluation.bootstrap import percentile_interval, resampled_indices
from classifier.files import write_text

DATA = ("trec6", "banking77", "newsgroups20")
SHARE = 0.05  # of the labels, which are replaced
METHODS = {
    "ours": "classifier audit",
    "ranked": "cleanlab, same probabilities",
    "pipeline": "cleanlab, its own pipeline",
}


def main() -> None:
    """Measures what is missing, then writes the table; exit code 1 if something failed."""
    parser = door(__doc__, "audit")
    parser.add_argument("--python", default=sys.executable, help="of the environment that has cleanlab")
    parser.add_argument("--data", nargs="*", default=DATA, choices=DATA, metavar="NAME", help=", ".join(DATA))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], help="of the replaced labels")
    parser.add_argument("--train", action="store_true", help="also train with and without them, with the first seed")
    options = parser.parse_args()
    output: Path = options.output.absolute()
    failed, found, trained = False, {}, {}
    for data, seed in product(options.data, options.seeds):
        place = output / data / str(seed)
        try:
            found[data, seed] = kept(place / "ranking", {}, partial(rankings, data, seed, place, options.python))
            print(f"{place}: {found[data, seed]['found']['precision']}", flush=True)
            if options.train and seed == options.seeds[0]:
                trained[data] = kept(place / "trained", {}, partial(trainings, data, seed, place, output))
                print(f"{place}: {trained[data]['found']}", flush=True)
        except Failed as error:
            failed = True
            print(f"{place}: {error}", file=sys.stderr, flush=True)
    if found:
        results = [*found.values(), *trained.values()]
        block = f"{table(rows(found, trained))}\n\n{in_a_line([one['machine'] for one in results])}"
        write_blocks(options.docs / "audit.md", {"audit": block})
    sys.exit(failed)


def replaced(data: str, seed: int) -> tuple[Examples, np.ndarray, Examples]:
    """Train with replaced labels, the places of these, and test."""
    splits = load_splits(train_settings((f"data={data}",)).data, 0)
    train, random = splits.train, np.random.default_rng(seed)
    classes, labels = len(train.label_names), train.labels.copy()
    places = random.choice(len(train), round(SHARE * len(train)), replace=False)
    labels[places] = (labels[places] + random.integers(1, classes, len(places))) % classes
    assert splits.test is not None
    return Examples(train.texts, labels, train.label_names, train.origins), places, splits.test


def rankings(data: str, seed: int, place: Path, python: str) -> dict[str, Any]:
    """The precision of each method, and the places that the audit puts first."""
    train, places, _ = replaced(data, seed)
    place.mkdir(parents=True, exist_ok=True)
    with Worker("audit", "audit", log=place / "ours.txt") as worker:
        ours = worker.ask("write_probabilities", data=data, seed=seed, folder=str(place))
    write_text(place / "texts.json", json.dumps(train.texts))
    orders = {"ours": ours}
    for method in ("ranked", "pipeline"):
        with Worker(method, "audit_accuracy.contenders", log=place / f"{method}.txt", python=python) as worker:
            orders[method] = worker.ask(method, folder=str(place))
    wrong = set(places.tolist())
    first = {method: order[: len(wrong)] for method, order in orders.items()}
    precision = {method: len(wrong.intersection(some)) / len(wrong) for method, some in first.items()}
    return {"precision": precision, "first": first["ours"]}


def write_probabilities(data: str, seed: int, folder: str) -> list[int]:
    """Writes labels and out-of-fold probabilities; returns the ranking of the audit. In a process of its own."""
    from classifier.auditing.label_errors import label_errors
    from classifier.auditing.ngram_answers import NgramAnswers

    train, _, _ = replaced(data, seed)
    probabilities = NgramAnswers(train, 0).out_of_fold()
    np.savez(Path(folder) / "probabilities.npz", probabilities=probabilities, labels=train.labels)
    return np.argsort(-label_errors(probabilities, train.labels).scores, kind="stable").tolist()


def trainings(data: str, seed: int, place: Path, output: Path) -> dict[str, Any]:
    """Test accuracy with the replaced labels and without the first of the ranking, and the interval of the gain."""
    train, _, test = replaced(data, seed)
    ranked = json.loads((place / "ranking" / "result.json").read_text())["found"]["first"]
    right = {}
    for name, left_out in (("with", set[int]()), ("without", set(ranked))):
        folder = place / name
        write_rows(folder / "train.jsonl", train, [row for row in range(len(train)) if row not in left_out])
        write_rows(folder / "test.jsonl", test, range(len(test)))
        files = [f"data.{split}={folder}/{split}.jsonl" for split in ("train", "test")]
        found = training(["data=files", "data.name=audited", *files], folder, output)
        predictions = pyarrow.parquet.read_table(folder / found["predictions"], columns=["correct"])
        right[name] = predictions["correct"].to_numpy()
    gain = right["without"].astype(float) - right["with"]
    draws = resampled_indices(len(gain), 1000, 0)
    interval = percentile_interval(np.array([gain[rows].mean() for rows in draws]))
    means = {name: float(one.mean()) for name, one in right.items()}
    return {**means, "low": interval.low, "high": interval.high}


def write_rows(path: Path, examples: Examples, places: Any) -> None:
    """Writes the chosen examples as JSON Lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = examples.named_labels()
    lines = (json.dumps({"text": examples.texts[place], "label": names[place]}) for place in places)
    write_text(path, "".join(f"{line}\n" for line in lines))


def rows(found: Mapping[tuple[str, int], Any], trained: Mapping[str, Any]) -> list[dict[str, str]]:
    """A row for each data set: median precision of each method over the seeds, and the gain of a training."""
    table_rows = []
    for data in dict.fromkeys(name for name, _ in found):
        measured = [one["found"]["precision"] for (name, _), one in found.items() if name == data]
        row = {"data": data, "seeds": str(len(measured))}
        for method, title in METHODS.items():
            row[title] = spread([one[method] for one in measured], ".3f")
        if data in trained:
            one = trained[data]["found"]
            row["test accuracy with, without"] = f"{one['with']:.3f}, {one['without']:.3f}"
            row["gain"] = f"{one['without'] - one['with']:+.3f} ({one['low']:+.3f} to {one['high']:+.3f})"
        table_rows.append(row)
    if len(table_rows) > 1:
        means = {title: mean(float(row[title].split()[0]) for row in table_rows) for title in METHODS.values()}
        table_rows.append({"data": "mean", "seeds": "–", **{title: f"{value:.3f}" for title, value in means.items()}})
    return table_rows


if __name__ == "__main__":
    main()
