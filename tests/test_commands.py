"""The commands in separate processes: train, kill, resume, interrupt, evaluate. Only `whole` starts from nothing."""

import contextlib
import csv
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
import tensorflow as tf
from forked_commands import SERVER, Command, address
from mlflow import MlflowClient

from classifier.evaluation.predictions import read_predictions

WORDS = {"fruit": ["apple", "pear", "plum"], "tool": ["saw", "axe", "file"], "bird": ["owl", "wren", "kite"]}
SMALL = ["encoder=tiny", "encoder.width=12", "attention.num_heads=3", "tokenizer.max_tokens=7", "trainer.patience=99"]

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a file of 120 labelled texts."""
    folder = tmp_path_factory.mktemp("commands")
    draw = random.Random(11)
    with (folder / "texts.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["message", "topic"])
        for index in range(120):
            topic = list(WORDS)[index % 3]
            writer.writerow([f"{' '.join(draw.choices(WORDS[topic], k=4))} {index}", topic])
    return folder


def arguments(folder: Path, output: str, *overrides: str, name: str = "train") -> list[str]:
    data = ["data=files", "data.train=texts.csv", "data.text=message", "data.label=topic", *SMALL]
    return [f"hydra.run.dir={folder / output}", *(data if name == "train" else []), *overrides]


def start(folder: Path, output: str, *overrides: str, name: str = "train") -> Command:
    return Command(name, *arguments(folder, output, *overrides, name=name), folder=folder)


def run(folder: Path, output: str, *overrides: str, name: str = "train") -> subprocess.CompletedProcess[str]:
    return start(folder, output, *overrides, name=name).wait()


def run_until(folder: Path, line: str, how: signal.Signals, output: str, *overrides: str, delay: float = 0.0) -> str:
    """Starts the command, sends the signal once the line was printed, and returns the rest of the output."""
    started = start(folder, output, *overrides)
    next(printed for printed in started.stdout if line in printed)
    time.sleep(delay)
    started.send_signal(how)
    ended = started.wait()
    return ended.stdout + ended.stderr


def summary(folder: Path, output: str) -> dict:
    return json.loads((folder / output / "summary.json").read_text())


def weights(model: str) -> dict[str, np.ndarray]:
    reader = tf.train.load_checkpoint(f"{model}/variables/variables")
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map() if "OBJECT" not in name}


LONG = ["trainer.epochs=8", "trainer.checkpoint_seconds=0", "trainer.batch_size=8"]


@pytest.fixture(scope="module")
def whole(folder):
    export = ["export.weights=[float32,bfloat16]", "export.serving_dir=served/topics"]
    given = arguments(folder, "whole", *LONG, *export, "tracking.uri=sqlite:///whole.db", "tracking.register=topics")
    command = [sys.executable, "-m", "classifier.train", *given]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return done


def test_a_training_ends_with_table_model_and_run(folder, whole):
    result = summary(folder, "whole")
    assert {"run_id", "model", "metrics", "seconds", "peak_memory_mb"} <= set(result)
    assert result["metrics"]["test"]["accuracy"] > 0.8
    assert "macro_f1" in result["metrics"]["valid"]
    assert "Report   whole/report/index.html\nModel    whole/model\n" in whole.stdout
    assert whole.stdout.endswith(
        "Next     classifier score model=whole input=new.csv output=scored.csv\n"
        '         classifier explain model=whole text="..."\n'
    )
    assert "mlflow ui --backend-store-uri sqlite:///whole.db" in whole.stdout
    assert whole.stderr == ""
    assert result["verdict"].startswith("Accuracy on 12 validation texts: n-grams alone ")
    assert result["verdict"] in whole.stdout and "Mixture" not in whole.stdout
    assert "n-grams" in (folder / "whole/report/mixture.txt").read_text()


def test_what_was_exported_lies_where_the_summary_says(folder, whole):
    result = summary(folder, "whole")
    assert (Path(result["formats"]) / "savedmodel" / "bfloat16" / "saved_model.pb").exists()
    assert (folder / result["served"] / "saved_model.pb").exists() and result["served"] == "served/topics/1"
    with (folder / "whole/report/formats.csv").open() as file:
        assert [row["weights"] for row in csv.DictReader(file)] == ["float32", "bfloat16"]
    files = MlflowClient(f"sqlite:///{folder}/whole.db").list_artifacts(result["run_id"])
    assert "formats.csv" in {one.path for one in files}


def test_the_run_holds_settings_series_pictures_data_and_model(folder, whole):
    client = MlflowClient(f"sqlite:///{folder}/whole.db")
    result = summary(folder, "whole")
    kept = client.get_run(result["run_id"])
    assert kept.info.status == "FINISHED"
    assert kept.data.params["encoder.width"] == "12"
    assert kept.data.params["attention.num_heads"] == "3"
    assert kept.data.metrics["test.accuracy"] == result["metrics"]["test"]["accuracy"]
    steps = [point.step for point in client.get_metric_history(result["run_id"], "training/valid.macro_f1")]
    assert steps == list(range(1, 9))
    assert min(kept.data.metrics) == "test.accuracy" and len(kept.data.metrics) == 25
    assert "valid.encoder_log_loss" in (folder / "whole/report/epochs.csv").read_text()
    assert json.loads((folder / "whole/report/training.json").read_text())["epochs"] == 8
    assert "test texts labelled correctly" in kept.data.tags["mlflow.note.content"]
    files = {one.path for one in client.list_artifacts(result["run_id"], "test")}
    assert {"test/confusion_matrix.png", "test/predictions.parquet", "test/mistakes.csv"} <= files
    assert {"config.yaml", "index.html"} <= {one.path for one in client.list_artifacts(result["run_id"])}
    page = Path(result["report"]).read_text(encoding="utf-8")
    assert "data.label=topic encoder=tiny" in page and result["model"] in page
    assert "<title>Report: \u2068texts" in page
    assert kept.inputs.dataset_inputs[0].dataset.name == "texts.csv"
    assert kept.outputs.model_outputs
    for split in ("valid", "test"):
        kept_hash = read_predictions(folder / "whole/report" / split / "predictions.parquet").content
        assert kept.data.tags[f"{split}.content"] == kept_hash
    assert int(client.get_model_version_by_alias("topics", "champion").version) == 1


def test_killed_at_several_moments_and_continued_it_is_the_same_run_with_the_same_bits(folder, whole):
    """kill -9 before the first step, within an epoch and within a later epoch; each start has a separate folder."""
    same = [*LONG, "tracking.uri=sqlite:///killed.db"]
    draw = random.Random(3)
    run_until(folder, "tokens in the vocabulary", signal.SIGKILL, "killed", *same)
    for part, line in enumerate(("epoch 3/8", "epoch 6/8")):
        delay = draw.random() / 5  # a checkpoint is written after each step, and is probably being written now
        run_until(folder, line, signal.SIGKILL, f"killed{part}", *same, "trainer.resume=true", delay=delay)
    (run_id,) = {one.info.run_id for one in MlflowClient(f"sqlite:///{folder}/killed.db").search_runs(["1"])}
    done = run(folder, "survived", *same, "trainer.resume=true")
    assert done.returncode == 0, done.stderr
    assert f"Continuing run {run_id} after" in done.stdout
    ended, expected = summary(folder, "survived"), summary(folder, "whole")
    assert ended["run_id"] == run_id
    assert ended["metrics"] == expected["metrics"]
    killed, kept = weights(ended["model"]), weights(expected["model"])
    assert set(killed) == set(kept)
    assert all(np.array_equal(killed[name], kept[name]) for name in kept)
    history = MlflowClient(f"sqlite:///{folder}/killed.db").get_metric_history(run_id, "training/loss")
    assert [point.step for point in history] == list(range(1, 9))
    assert not (folder / "killed/checkpoint/state.npz").exists()


def test_a_finished_run_is_not_trained_again(folder, whole):
    same = [*LONG, "tracking.uri=sqlite:///whole.db", "tracking.register=topics", "trainer.resume=true"]
    done = run(folder, "again", *same)
    assert "is finished" in done.stdout
    assert summary(folder, "again")["run_id"] == summary(folder, "whole")["run_id"]


def test_ctrl_c_ends_cleanly_and_keeps_the_best_model(folder):
    overrides = ["trainer.epochs=5000", "trainer.patience=5000", "tracking.uri=sqlite:///stopped.db"]
    printed = run_until(folder, "epoch 2/", signal.SIGINT, "stopped", *overrides)
    assert "Traceback" not in printed
    assert "the best model so far" in printed
    result = summary(folder, "stopped")
    assert (Path(result["model"]) / "saved_model.pb").exists()
    assert MlflowClient(f"sqlite:///{folder}/stopped.db").get_run(result["run_id"]).info.status == "KILLED"
    assert "accuracy" in result["metrics"]["valid"] and "learning_rate" not in result["metrics"]["valid"]


def test_evaluate_repeats_a_run(folder, whole):
    run_id = summary(folder, "whole")["run_id"]
    done = run(folder, "evaluated", f"run={run_id}", "tracking.uri=sqlite:///whole.db", name="evaluate")
    assert done.returncode == 0, done.stderr
    first, again = summary(folder, "whole")["metrics"]["test"], summary(folder, "evaluated")["metrics"]["test"]
    assert again["accuracy"] == first["accuracy"]
    assert again["log_loss"] == pytest.approx(first["log_loss"], abs=1e-5)
    names = ("label", "predicted")
    tables = [
        pyarrow.parquet.read_table(folder / one / "report/test/predictions.parquet") for one in ("whole", "evaluated")
    ]
    assert tables[0].select(names).equals(tables[1].select(names))
    assert done.stdout.splitlines()[-1] == "Report   evaluated/report/index.html"
    client = MlflowClient(f"sqlite:///{folder}/whole.db")
    assert "evaluation/evaluated/index.html" in {
        one.path for one in client.list_artifacts(run_id, "evaluation/evaluated")
    }


def test_evaluate_needs_to_know_what(folder):
    done = run(folder, "nothing", name="evaluate")
    assert done.returncode == 2
    assert "Give either run=" in done.stderr


def test_bad_rows_are_listed_and_too_many_refused(folder):
    (folder / "bad.csv").write_text("message,topic\nowl,bird\n,bird\nsaw,tool\n")
    done = run(folder, "bad", "data.train=bad.csv")
    assert done.returncode == 2
    assert "bad.csv:3, message:" in done.stderr
    assert "Traceback" not in done.stderr
    assert (folder / "bad/report/rejects.csv").read_text().count("\n") == 2


@pytest.fixture
def server(folder):
    """A real MLflow server on a free port: its address and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    arguments = ["server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    stores = ["--backend-store-uri", "sqlite:///server.db", "--artifacts-destination", "server_artifacts"]
    process = subprocess.Popen(
        [sys.executable, "-m", "mlflow", *arguments, *stores],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(address)
        yield address, process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(address: str) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{address}/health", timeout=1).close()
            return
        time.sleep(0.2)
    raise TimeoutError(address)


def test_a_server_lost_during_training_costs_no_model(folder, server):
    """The training continues, ends with its model, and reports what was not sent to the server."""
    address, process = server
    alone = ["encoder.linear=none", "trainer.epochs=12", "tracking.system_metrics=false"]
    training = start(folder, "lost", *alone, f"tracking.uri={address}")
    next(line for line in training.stdout if "epoch 2/" in line)
    os.killpg(process.pid, signal.SIGKILL)
    ended = training.wait()
    errors = ended.stderr
    assert ended.returncode == 0, errors
    assert "epoch 12/12" in ended.stdout
    assert (Path(summary(folder, "lost")["model"]) / "saved_model.pb").exists()
    assert "Training continues" in errors
    assert "the model, " in errors
    assert "the end of the run. All of it is in" in errors
    assert "Traceback" not in errors


def test_a_server_that_is_not_there_is_refused_before_training(folder):
    began = time.monotonic()
    done = run(folder, "nowhere", "tracking.uri=http://127.0.0.1:9")
    assert done.returncode == 2
    assert "tracking.uri=http://127.0.0.1:9 does not answer" in done.stderr
    assert time.monotonic() - began < 10


def test_a_sweep_that_is_killed_goes_on_where_it_was(folder, monkeypatch):
    """One trial is invalid and the other is trained; after kill -9 of the sweep, the same command completes both."""
    several = [
        "hydra.mode=MULTIRUN",
        f"hydra.sweep.dir={folder / 'several'}",
        "encoder.width=13,12",
        "encoder.linear=none",
    ]
    several += ["tracking.uri=sqlite:///several.db", *LONG, "trainer.epochs=30", "trainer.validation_only=true"]
    log = folder / "several/1/log.txt"
    monkeypatch.setenv(SERVER, address())  # its trials are forked, too
    sweep = start(folder, "unused", *several)
    try:
        wait_until(lambda: log.exists() and "epoch 2/" in log.read_text(), sweep)
    finally:
        sweep.send_signal(signal.SIGKILL)
        sweep.wait()
    done = run(folder, "unused", *several)
    assert done.returncode == 2
    assert "1 of 2 trials failed" in done.stderr
    assert "encoder.width=13 is not a multiple of attention.num_heads=3" in done.stderr
    assert "Traceback" not in done.stderr + log.read_text()
    assert summary(folder, "several/1")["status"] == "FINISHED"
    client = MlflowClient(f"sqlite:///{folder}/several.db")
    runs = {one.info.run_id: one for one in client.search_runs(["1"])}
    assert sorted(one.info.status for one in runs.values()) == ["FAILED", "FINISHED", "FINISHED"]
    trained = runs[summary(folder, "several/1")["run_id"]]
    assert f"Continuing run {trained.info.run_id} after" in log.read_text()
    assert trained.data.tags["mlflow.parentRunId"] == summary(folder, "several")["run_id"]
    steps = [point.step for point in client.get_metric_history(trained.info.run_id, "training/loss")]
    assert steps == list(range(1, 31))


def wait_until(happened: Callable[[], bool], process: Command) -> None:
    for _ in range(6000):  # a busy machine may need minutes
        if happened():
            return
        assert process.poll() is None
        time.sleep(0.1)
    raise TimeoutError
