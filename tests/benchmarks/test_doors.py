"""Each benchmark on tiny data, or on results that were kept: it starts, and writes only its blocks of docs/."""

import csv
import json
import re
import runpy
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
from attention_speed.mechanisms import MECHANISMS, Mechanism, fits
from comparison.cases import METHODS, Case, cases
from harness.results import kept
from training_speed.report import blocks

from classifier.evaluation.mistakes import predictions_table
from classifier.evaluation.scored import Scored
from classifier.tasks import Decision

ROOT = Path(__file__).parents[2]
DOORS = (
    *(
        "accuracy",
        "attention",
        "attention_sweep",
        "audit",
        "decisions",
        "few_labels",
        "first_half_hour",
        "notebooks",
        "pictures",
        "pretrained",
    ),
    *("scoring", "screenshots", "search", "serving", "several_labels", "training"),
)


@pytest.fixture
def docs(tmp_path):
    """A copy of the pages, without pictures."""
    (tmp_path / "docs" / "pictures").mkdir(parents=True)
    for page in (ROOT / "docs").glob("*.md"):
        shutil.copy(page, tmp_path / "docs")
    return tmp_path / "docs"


@pytest.fixture
def door(monkeypatch):
    """Runs a benchmark in this process."""

    def run(name: str, *arguments: object) -> None:
        monkeypatch.setattr(sys, "argv", [f"{name}.py", *map(str, arguments)])
        runpy.run_path(str(ROOT / "benchmarks" / f"{name}.py"), run_name="__main__")

    return run


def changed(docs: Path, page: str) -> tuple[str, str]:
    """What is outside of the marked blocks of a page, or nothing if it is as before; and what is inside."""
    marked = re.compile(r"(?<=: begin -->)(.*?)(?=<!-- [\w ]+: end -->)", re.DOTALL)
    before, after = (marked.split((folder / page).read_text()) for folder in (ROOT / "docs", docs))
    assert len(before) == len(after) > 1
    return "" if before[::2] == after[::2] else "".join(after[::2]), "".join(after[1::2])


@pytest.mark.parametrize("name", DOORS)
def test_a_door_says_what_it_does(door, capsys, name):
    with pytest.raises(SystemExit) as ended:
        door(name, "--help")
    assert ended.value.code == 0
    assert f"python benchmarks/{name}.py" in capsys.readouterr().out


def test_a_door_is_a_program():
    assert {path.stem for path in (ROOT / "benchmarks").glob("*.py")} == set(DOORS)
    command = [sys.executable, "benchmarks/attention_sweep.py", "--help"]
    assert "hydra.sweep.dir" in subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_accuracy_measures_a_baseline(door, docs, tmp_path):
    arguments = ("--data", "embedded", "--methods", "majority", "--output", tmp_path / "out", "--docs", docs)
    for _ in range(2):  # the second run finds the result of the first
        with pytest.raises(SystemExit) as ended:
            door("accuracy", *arguments)
        assert not ended.value.code
    outside, inside = changed(docs, "accuracy.md")
    assert outside == ""
    assert "| embedded | majority class | **0.125** (" in inside
    assert "Not measured yet: imdb/majority" in inside
    assert (docs / "pictures" / "accuracy.png").exists()


def test_accuracy_compares_all_methods(door, docs, tmp_path):
    right = dict(zip(METHODS, (20, 60, 70, 65, 50, 55, 75, 72), strict=True))
    for case in cases(["embedded"], METHODS, [0, 1, 2]):
        keep_case(tmp_path / "out", case, right[case.method] + (case.seed or 0))
    with pytest.raises(SystemExit):
        door("accuracy", "--data", "--output", tmp_path / "out", "--docs", docs)
    inside = changed(docs, "accuracy.md")[1]
    assert "| embedded | linear SVC 0.700 | 0.700 | 0.760 ± 0.010 | +0.060 (" in inside
    assert "| mean of 1 | 0.700 | 0.700 | 0.760 | +0.060 | – |" in inside
    assert "| embedded | linear SVC | 0.700 (0.610–0.790) | 0.700 (0.607–0.790) | 1 |" in inside
    assert "| embedded | ours, defaults | **0.760** (" in inside
    assert "| ours, defaults | 0.760 | " in inside
    assert "Over embedded." in inside


def test_accuracy_refuses_other_examples(door, docs, tmp_path):
    keep_case(tmp_path / "out", Case("embedded", "majority"), 20)
    keep_case(tmp_path / "out", Case("embedded", "logistic"), 60, text="other ")
    with pytest.raises(SystemExit, match="other texts"):
        door("accuracy", "--data", "--output", tmp_path / "out", "--docs", docs)
    assert (docs / "accuracy.md").read_text() == (ROOT / "docs" / "accuracy.md").read_text()


def keep_case(output: Path, case: Case, right: int, text: str = "") -> None:
    """A result as it is measured, of 100 examples, of which `right` are right."""
    labels = np.arange(100) % 2
    sure = np.eye(2)[np.where(np.arange(100) < right, labels, 1 - labels)]
    folder = output / case.name
    folder.mkdir(parents=True)
    texts = [f"{text}{label}" for label in labels]
    pyarrow.parquet.write_table(predictions_table(Scored(labels, sure, ["a", "b"], texts, texts)), folder / "p.parquet")
    costs = dict.fromkeys(("choosing_seconds", "training_seconds", "wall_seconds", "peak_memory_mb", "model_mb"), 1.0)
    kept(folder, {}, lambda: {"settings": "C=1", "predictions": "p.parquet", **costs})


def test_few_labels_compares_draw_by_draw(door, docs, tmp_path):
    right = {"ours": (0.80, 0.84, 0.82), "setfit": (0.78, 0.80, 0.82), "logistic": (0.75, 0.76, 0.77)}
    for draw, place in ((str(seed), tmp_path / "out" / "banking77_5" / str(seed)) for seed in range(3)):
        place.mkdir(parents=True)
        files = {part: str(place / f"{part}.jsonl") for part in ("train", "test")}
        for path in files.values():
            Path(path).touch()
        for method, accuracies in right.items():
            found = {"accuracy": accuracies[int(draw)], "wall_seconds": 90.0}
            kept(place / method, {"files": files}, found.copy)
    arguments = ("--data", "banking77", "--shots", 5, "--draws", 0, 1, 2, "--output", tmp_path / "out", "--docs", docs)
    with pytest.raises(SystemExit) as ended:
        door("few_labels", *arguments)
    assert not ended.value.code
    outside, inside = changed(docs, "pretrained.md")
    assert outside == ""
    assert "| banking77, 5 texts a class | 3 | 0.820 (0.770 to 0.870), 1.5 min | 0.800 (" in inside
    assert "| +0.020 (-0.030 to +0.070) |" in inside


def test_decisions_shows_coverage_and_kept_promises(door, docs, tmp_path):
    sets = {"ours, aps": [{"coverage": 0.88, "size": 1.5}, {"coverage": 0.92, "size": 1.7}]}
    found = {
        **{"texts": 500, "classes": 6, "accuracy": 0.9, "expected_calibration_error": 0.03, "error_by_chance": 0.02},
        "sets": {"0.9": sets},
        "precision": {"0.9": {"accepted": [0.5, 0.7], "right": [0.95, 0.85]}, "0.98": {}},
    }
    kept(tmp_path / "out" / "trec6", {"data": "trec6"}, found.copy)
    with pytest.raises(SystemExit) as ended:
        door("decisions", "--data", "trec6", "--output", tmp_path / "out", "--docs", docs)
    assert not ended.value.code
    outside, inside = changed(docs, "decisions.md")
    assert outside == ""
    assert "| trec6, 6 classes | 0.9 | 0.900 ± 0.028; 1.60 |" in inside
    assert "| trec6 | 500 | 0.900 | 0.030 | 0.020 | 50%; 0.60 | – |" in inside


def test_decisions_measures_halves_of_the_texts():
    from decisions import halves, of_sets, precision_draws

    draw = np.random.default_rng(0)
    probabilities = draw.dirichlet(np.full(3, 0.3), size=400)
    labels = (draw.random((400, 1)) > probabilities.cumsum(axis=1)[:, :-1]).sum(axis=1)
    scored = Scored(labels, probabilities, ["a", "b", "c"])
    for order, (_, first), (_, second) in halves(scored, 3):
        assert sorted(order) == list(range(400))
        assert (len(first), len(second)) == (200, 200)
    everything = of_sets(Decision(include_from=(0, 0, 0)), probabilities, labels)
    assert everything == {"coverage": 1.0, "size": 3.0, "empty": 0.0}
    found = precision_draws(scored, 0.8)
    assert np.mean(np.array(found["right"]) >= 0.8) > 0.9
    assert precision_draws(scored, 0.99) == {}


def test_audit_compares_the_rankings(door, docs, tmp_path):
    for data, seed in (("trec6", 0), ("trec6", 1), ("banking77", 0), ("banking77", 1)):
        found = {"precision": {"ours": 0.7 + 0.1 * seed, "ranked": 0.7, "pipeline": 0.6}, "first": [3]}
        kept(tmp_path / "out" / data / str(seed) / "ranking", {}, found.copy)
    gain = {"with": 0.8, "without": 0.82, "low": 0.005, "high": 0.035}
    kept(tmp_path / "out" / "trec6" / "0" / "trained", {}, gain.copy)
    chosen = ("--data", "trec6", "banking77", "--seeds", 0, 1, "--train")
    kept(tmp_path / "out" / "banking77" / "0" / "trained", {}, gain.copy)
    with pytest.raises(SystemExit) as ended:
        door("audit", *chosen, "--output", tmp_path / "out", "--docs", docs)
    assert not ended.value.code
    outside, inside = changed(docs, "audit.md")
    assert outside == ""
    assert "| trec6 | 2 | 0.750 (0.700–0.800) | 0.700 (0.700–0.700) | 0.600 (" in inside
    assert "| 0.800, 0.820 | +0.020 (+0.005 to +0.035) |" in inside
    assert "| mean | – | 0.750 | 0.700 | 0.600 |" in inside


def test_several_labels_chooses_thresholds_on_validation(door, docs, tmp_path):
    found = {"macro_f1, thresholds for macro_f1": 0.4, "wall_seconds": 60.0}
    for seed in range(2):
        settings = ["data=goemotions", f"seed={seed}"]
        kept(tmp_path / "out" / f"default-{seed}", {"settings": settings}, {**found, "wall_seconds": 90.0}.copy)
    kept(tmp_path / "out" / "logistic-0", {"settings": ["data=goemotions", "seed=0"]}, found.copy)
    arguments = ("--methods", "default", "logistic", "--seeds", 0, 1, "--output", tmp_path / "out", "--docs", docs)
    with pytest.raises(SystemExit) as ended:
        door("several_labels", *arguments)
    assert not ended.value.code
    outside, inside = changed(docs, "several_labels.md")
    assert outside == ""
    assert "| ours, default | 2 | 0.400 ± 0.000 | 1.5 |" in inside
    assert "| TF-IDF, logistic regression | – | 0.400 | 1.0 |" in inside

    scores = runpy.run_path(str(ROOT / "benchmarks" / "several_labels.py"))["scores"]
    truth = np.arange(40)[:, None] % 4 == np.arange(2)
    unsure = np.where(truth, 0.3, 0.2).astype(np.float32)
    assert set(scores((unsure, truth), (unsure, truth)).values()) == {1.0}  # by thresholds between 0.2 and 0.3
    assert scores((unsure, truth), (unsure[::-1], truth))["macro_f1, thresholds for macro_f1"] < 1


def test_attention_writes_what_was_kept(door, docs, tmp_path):
    lengths, output = [128, 256, 1024], tmp_path / "out"
    for tokens in lengths:
        seconds = {"training": [tokens**2 * 2e-3, tokens**2 * 1e-3], "inference": [1.0, 1.0]}
        found = {name: seconds for name in MECHANISMS if fits(name, tokens)}
        kept(output / f"{tokens} tokens", {"rounds": 2, "mechanisms": MECHANISMS}, found.copy)
    for name in MECHANISMS:
        memory = {tokens: {"training": 2e6, "inference": 1e6} for tokens in lengths if fits(name, tokens)}
        kept(output / f"memory of {name}", {"tokens": lengths}, memory.copy)
    for name in ("additive", "multi_head"):
        kept(output / f"peak with {name}", {}, lambda: 1.5e9)
    door("attention", "--rounds", 2, "--tokens", *lengths, "--output", output, "--docs", docs)
    outside, inside = changed(docs, "attention.md")
    assert outside == ""
    assert "| dot | 768 | 6.14e+03 | 3.93e+05 | 3.00 |" in inside  # a batch of longer texts has fewer
    assert "| keras_additive | 0.0625 | 0.125 | – |" in inside
    assert "| additive, training | 1.00 (1.00–1.00) | 1.00 (1.00–1.00) | – |" in inside
    assert "additive 1.50 GB, multi_head 1.50 GB" in inside


def test_a_mechanism_is_measured():
    mechanism = Mechanism("dot")
    mechanism.prepare(2048)
    assert {part: seconds > 0 for part, seconds in mechanism.measure().items()} == {"training": True, "inference": True}


def test_the_sweep_of_attention_becomes_a_table(door, tmp_path, capsys):
    (tmp_path / "report").mkdir()
    with (tmp_path / "report" / "trials.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["status", "overrides", "test.accuracy", "training_seconds"])
        for name, data, accuracy in [("dot", "a", 0.5), ("dot", "a", 0.7), ("dot", "b", 0.9), ("local", "a", 0.9)]:
            writer.writerow(["FINISHED", f"attention={name} data={data}", accuracy, 10])
        writer.writerow(["FAILED", "attention=local data=b", "", ""])
    door("attention_sweep", tmp_path)
    assert capsys.readouterr().out.splitlines()[2:] == [
        "| dot | 60.0 ± 14.1 | 90.0 | 75.0 | 20 |",
        "| local | 90.0 | – | – | – |",
    ]


def test_scoring_compares_contenders(door, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("CLASSIFIER_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("scoring_speed.contenders.TRAINED_ON", 200)
    tiny = ("--rows", 40, "--words", 5, "--rounds", 2, "--onnx", tmp_path)
    door("scoring", tmp_path, *tiny, "--contenders", "scikit-learn", "ONNX Runtime")
    printed = capsys.readouterr()
    assert re.search(r"^\| scikit-learn \| [\d,]+ \([\d,]+–[\d,]+\) \| \d+% \| \d+% \|", printed.out, re.MULTILINE)
    assert "| ONNX Runtime |" not in printed.out
    assert "Left out: ONNX Runtime: ModuleNotFoundError" in printed.err  # there is no model in the folder


def test_the_page_of_searches_keeps_what_is_written_by_hand(door, docs, tmp_path):
    trials = [
        {"status": status, "started": 100.0 + start, "metrics": {"seconds": 10.0, "valid.macro_f1": value}}
        for status, start, value in [("FINISHED", 0, 0.5), ("PRUNED", 10, 0.9), ("FINISHED", 20, 0.7)]
    ]
    for name, limits in {
        "tpe-median": ["n_trials=3"],
        "tpe-none": ["n_trials=1000", "timeout=40"],
        "random-none": ["n_trials=1000", "timeout=40"],
    }.items():
        sampler, pruner = name.split("-")
        settings = [f"sampler={sampler}", f"pruner={pruner}", "seed=0", *limits]
        command = ["recipe=search", "data=embedded", *(f"hydra.sweeper.{one}" for one in settings), "trainer.epochs=1"]
        kept(tmp_path / "out" / f"{name}-0", {"command": command}, lambda: {"seconds": 40.0, "trials": trials})
    door(
        "search", "--data", "embedded", "--trials", 3, "--output", tmp_path / "out", "--docs", docs, "trainer.epochs=1"
    )
    outside, inside = changed(docs, "search.md")
    assert outside == ""
    assert "| TPE, pruned | 0 | 3 | 1 | 0 | 1 | 10 | 0.5000 | 0.7000 |" in inside
    assert "Two trials ran at a time" in (docs / "search.md").read_text()


class Answers(BaseHTTPRequestHandler):
    """A service that refuses every third request."""

    protocol_version, asked = "HTTP/1.1", 0

    def do_POST(self):
        Answers.asked += 1
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(400 if Answers.asked % 3 == 0 else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def test_serving_counts_requests_and_errors():
    load_row = runpy.run_path(str(ROOT / "benchmarks" / "serving.py"))["load_row"]
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        row = load_row(server.server_port, 1, 0.3, [json.dumps({})])
        server.shutdown()
    assert int(str(row["requests"]).replace(",", "")) == Answers.asked > 2
    assert row["errors"] == Answers.asked // 3
    assert 0 < float(row["p50, ms"]) <= float(row["p99, ms"])


def test_training_reports_every_part():
    counts = {"examples": 64, "tokens": 640, "padded_tokens": 704, "fully_padded_tokens": 4096, "steps": 2}
    counts |= {"batch_size": 32, "vocabulary_size": 50, "max_tokens": 64, "first_step_seconds": 1.0}
    ours = {"contender": "ours", "workload": "sst2", "wall_seconds": [1.0, 2.0], "cpu_seconds": [2.0, 4.0], **counts}
    slow = {**ours, "contender": "keras_nlp", "wall_seconds": [2.0, 8.0]}
    product = {"data": "sst2", "width": 256, "precision": "auto", "operations": 6e9, "peak": [8e9, 8e9]}
    entries = [{"name": "MatMul", "runs": 2.0, "milliseconds": 3.0}, {"name": "Add", "runs": 1.0, "milliseconds": 1.0}]
    found = {
        "contenders": [ours, slow],
        "products": [ours | product],
        "lengths": [ours],
        "sizes": [ours, {**ours, "examples": 128, "wall_seconds": [2.0, 4.0]}],
        "profile": [ours | {"milliseconds": 5.0, "parts": entries, "operations": entries}],
    }
    facts = dict.fromkeys(("command", "date", "python", "packages", "processor", "cores", "load", "commit"), "x")
    written = blocks({name: {"found": results, "machine": facts} for name, results in found.items()})
    assert "| sst2: `ours`, times as fast as `keras_nlp` | ≥ 3.00 | 3.00 (2.00–4.00) | met |" in written["goals"]
    assert "in auto | ≥ 60% | 56% (38%–75%) | **missed** |" in written["goals"]
    assert "| exponent of time over examples | 0.95–1.05 | 1.000 (1.000–1.000) | met |" in written["goals"]
    assert "| sst2 | `keras_nlp` | 20 (8–32) |" in written["contenders"]
    assert "padding adds 10% in batches of like length, 540% up to 64 tokens" in written["contenders"]
    assert "| 64 | 48 (32–64) |" in written["lengths"]
    assert "| MatMul | 2.0 | 3.00 | 75.0% |" in written["profile"]


def test_training_writes_only_its_blocks(door, docs, tmp_path):
    depends = {"rounds": 5, "steps": None, "data": ["sst2", "banking77", "imdb"], "profile": True}
    kept(tmp_path / "out" / "profile", depends, list)
    door("training", "--only", "--profile", "--output", tmp_path / "out", "--docs", docs)
    assert changed(docs, "training_speed.md")[0] == ""
