"""Whether the promises of decisions hold on test texts: label sets next to those of MAPIE, precision, and calibration.

    CLASSIFIER_DATA=<folder> python benchmarks/decisions.py --python <environment>/bin/python [--data trec6 ...]

A training with default settings gives the probabilities of the test texts. In each draw, the thresholds are chosen on a
random half of them, and measured on the other. MAPIE gets the same probabilities and halves in an environment of its
own: pip install mapie==1.6.0. Writes the marked blocks of docs/decisions.md; what has a result.json in the output
folder is not measured again.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
from harness.machine import in_a_line
from harness.markdown import table, write_blocks
from harness.project import door
from harness.results import kept
from harness.workers import Failed, Worker, run

from classifier.evaluation.calibration import error_by_chance, reliability_bins
from classifier.evaluation.predictions import read_scored
from classifier.evaluation.scored import Scored
from classifier.settings import AbstainSettings, CoverageSettings, LabelSets, LabelsSettings
from classifier.tasks import Decision, decide
from classifier.tasks.thresholds import enough_without_mistake

DATA = ("trec6", "sst2", "banking77", "clinc150", "embedded")
COVERAGES, SET_DRAWS = (0.9, 0.95), 20
PRECISIONS, DRAWS = (0.9, 0.95, 0.98), 100
CONTENDERS = {"lac": ("lac", "default"), "aps": ("aps", "randomized"), "aps, last label": ("aps", "default")}
Half = tuple[np.ndarray, np.ndarray]  # probabilities and labels


def main() -> None:
    """Measures what is missing, then writes the tables; exit code 1 if something failed."""
    parser = door(__doc__, "decisions")
    parser.add_argument("--python", default=sys.executable, help="of the environment that has MAPIE")
    parser.add_argument("--data", nargs="*", default=DATA, choices=DATA, metavar="NAME", help=", ".join(DATA))
    options = parser.parse_args()
    output: Path = options.output.absolute()
    failed, results = False, {}
    for data in options.data:
        try:
            measure = partial(measure_data, data, output / data, options.python)
            results[data] = kept(output / data, {"data": data}, measure)
            print(f"{data}: {results[data]['found']}", flush=True)
        except Failed as error:
            failed = True
            print(f"{data}: {error}", file=sys.stderr, flush=True)
    if results:
        facts = in_a_line([one["machine"] for one in results.values()])
        found = {data: one["found"] for data, one in results.items()}
        blocks = {"coverage": table(coverage_rows(found)), "precision": f"{table(precision_rows(found))}\n\n{facts}"}
        write_blocks(options.docs / "decisions.md", blocks)
    sys.exit(failed)


def measure_data(data: str, folder: Path, python: str) -> dict[str, Any]:
    """Trains unless there are predictions, and measures all draws."""
    path = folder / "run" / "report" / "test" / "predictions.parquet"
    if not path.exists():
        settings = [f"data={data}", "tracking.enabled=false", f"hydra.run.dir={folder / 'run'}"]
        run(["-m", "classifier.train", *settings], folder / "log.txt")
    scored = read_scored(path)
    with Worker("mapie", "label_sets.contender", log=folder / "mapie.txt", python=python) as mapie:
        sets = {f"{coverage:g}": set_draws(scored, coverage, folder, mapie) for coverage in COVERAGES}
    return {
        "texts": len(scored),
        "classes": scored.classes,
        "accuracy": float(scored.right.mean()),
        "expected_calibration_error": reliability_bins(scored).calibration_error,
        "error_by_chance": error_by_chance(scored),
        "sets": sets,
        "precision": {f"{precision:g}": precision_draws(scored, precision) for precision in PRECISIONS},
    }


def halves(scored: Scored, draws: int) -> Iterator[tuple[np.ndarray, Half, Half]]:
    """Yields the order of each draw, and its two halves."""
    for seed in range(draws):
        order = np.random.default_rng(seed).permutation(len(scored))
        first, second = (
            (scored.probabilities[part].astype(np.float32), scored.labels[part])
            for part in (order[: len(order) // 2], order[len(order) // 2 :])
        )
        yield order, first, second


def set_draws(scored: Scored, coverage: float, folder: Path, mapie: Worker) -> dict[str, list[dict[str, float]]]:
    """Coverage and mean size of the sets in each draw, ours and those of MAPIE."""
    found: dict[str, list[dict[str, float]]] = {}
    for seed, (order, first, second) in enumerate(halves(scored, SET_DRAWS)):
        for rule in LabelSets:
            export = CoverageSettings(coverage=coverage, label_sets=rule)
            decision = decide(AbstainSettings(), export, LabelsSettings(), *first)
            found.setdefault(f"ours, {rule.name}", []).append(of_sets(decision, *second))
        path = folder / "draw.npz"
        np.savez(path, probabilities=scored.probabilities.astype(np.float32), labels=scored.labels, order=order)
        for name, (score, last) in CONTENDERS.items():
            if score == "lac" or scored.classes > 2:  # MAPIE has no other score for two classes
                options = {"coverage": coverage, "score": score, "last": last, "seed": seed}
                found.setdefault(f"MAPIE, {name}", []).append(mapie.ask("sets", path=str(path), **options))
    return found


def of_sets(decision: Decision, probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Coverage, mean size and share of empty sets."""
    sets = decision.label_sets(probabilities)
    size = sets.sum(axis=1)
    covered = sets[np.arange(len(labels)), labels]
    return {"coverage": float(covered.mean()), "size": float(size.mean()), "empty": float((size == 0).mean())}


def precision_draws(scored: Scored, precision: float) -> dict[str, Any]:
    """In each draw, the share of accepted answers, and the share of right ones among them, 1 if there are none."""
    accepted, right = [], []
    for _, first, (probabilities, labels) in halves(scored, DRAWS):
        if len(first[1]) < enough_without_mistake(precision):
            return {}
        decision = decide(AbstainSettings(precision=precision), CoverageSettings(), LabelsSettings(), *first)
        chosen = decision.accepted(probabilities)
        accepted.append(float(chosen.mean()))
        right.append(float((probabilities.argmax(axis=1) == labels)[chosen].mean()) if chosen.any() else 1.0)
    return {"accepted": accepted, "right": right}


def coverage_rows(found: Mapping[str, Any]) -> list[dict[str, str]]:
    """A row for each data set and coverage, with coverage and mean size of the sets of each method."""
    rows = []
    for data, one in found.items():
        for coverage, methods in one["sets"].items():
            row = {"data": f"{data}, {one['classes']} classes", "promised": coverage}
            for name, draws in methods.items():
                shares = [draw["coverage"] for draw in draws]
                row[name] = f"{mean(shares):.3f} ± {stdev(shares):.3f}; {mean(draw['size'] for draw in draws):.2f}"
            rows.append(row)
    return rows


def precision_rows(found: Mapping[str, Any]) -> list[dict[str, str]]:
    """A row for each data set: in which share of draws each precision holds, and how many answers are accepted."""
    return [
        {
            "data": data,
            "texts": f"{one['texts']:,}",
            "accuracy": f"{one['accuracy']:.3f}",
            "calibration error": f"{one['expected_calibration_error']:.3f}",
            "by chance": f"{one['error_by_chance']:.3f}",
            **{
                f"precision {precision}": f"{held(draws['right'], float(precision)):.0%}; {mean(draws['accepted']):.2f}"
                if draws
                else "–"
                for precision, draws in one["precision"].items()
            },
        }
        for data, one in found.items()
    ]


def held(shares: Sequence[float], precision: float) -> float:
    """The share of draws in which the precision holds."""
    return mean(share >= precision for share in shares)


if __name__ == "__main__":
    main()
