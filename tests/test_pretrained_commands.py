"""A training that starts from a pretrained encoder: a small one with random weights, through every command."""

import csv
import json
import random
import signal
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from forked_commands import Command, run_command

REFERENCE = Path(__file__).parent / "pretrained" / "references" / "bert"
WORDS = {"low": ["cab", "ab", "Cä"], "high": ["gh", "feh", "hgf"], "mixed": ["ah", "hc", "bag"]}
SETTINGS = [
    *("encoder=pretrained", f"encoder.source={REFERENCE}", "tokenizer.max_tokens=11", "optimizer.learning_rate=0.01"),
    *("trainer.epochs=6", "trainer.batch_size=8", "data=files"),
]
TUNES = {  # with few texts per class, and with many
    "full": ["encoder.tune=full", "data.train=texts.csv"],
    "top": ["encoder.tune=top", "encoder.top_blocks=1", "data.train=many.csv", "trainer.epochs=4"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pretrained")
    draw = random.Random(5)
    for name, rows in (("texts.csv", 120), ("many.csv", 210)):
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["text", "label"])
            for row in range(rows):
                label = list(WORDS)[row % 3]
                writer.writerow([" ".join(draw.choice(WORDS[label]) for _ in range(draw.randint(1, 5))), label])
    return folder


def run(folder: Path, name: str, *arguments: str) -> str:
    done = run_command(name, *arguments, folder=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module", params=TUNES)
def trained(request, folder):
    said = run(folder, "train", *SETTINGS, *TUNES[request.param], f"hydra.run.dir={request.param}")
    assert ("logits are cosines" in said) == (request.param == "full")
    return request.param


def weights(model: Path) -> dict[str, np.ndarray]:
    reader = tf.train.load_checkpoint(str(model / "variables" / "variables"))
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map() if "OBJECT" not in name}


def test_it_is_trained_scored_and_explained(folder, trained):
    assert "attention" not in (folder / trained / "report" / "config.yaml").read_text()
    metrics = json.loads((folder / trained / "summary.json").read_text())["metrics"]
    assert metrics["valid"]["accuracy"] > 0.8
    run(folder, "score", f"model={trained}", "input=texts.csv", f"output={trained}.csv", "prefix=model_")
    with (folder / f"{trained}.csv").open(encoding="utf-8") as file:
        assert {row["model_label"] for row in csv.DictReader(file)} <= set(WORDS)
    run(folder, "explain", f"model={trained}", "text=Cä gh, ab!", f"hydra.run.dir={trained}-why")
    page = (folder / f"{trained}-why" / "explanation" / "explanation.html").read_text()
    assert "Cä" in page
    assert "layer 2, head 2" in page


def test_what_rests_keeps_the_weights_of_the_checkpoint(folder, trained):
    from safetensors.numpy import load_file

    kernel = load_file(REFERENCE / "model.safetensors")["encoder.layer.1.intermediate.dense.weight"].T
    found = [value for value in weights(folder / trained / "model").values() if value.shape == kernel.shape]
    assert any(np.array_equal(value, kernel) for value in found) == (trained != "full")


def test_killed_and_resumed_it_ends_with_the_same_bits(folder, trained):
    arguments = [*SETTINGS, *TUNES[trained], f"tracking.uri=sqlite:///{trained}.db", f"hydra.run.dir={trained}-killed"]
    training = Command("train", *arguments, folder=folder)
    next(line for line in training.stdout if line.startswith("epoch 3/"))
    training.send_signal(signal.SIGKILL)
    assert training.wait().returncode == -signal.SIGKILL
    resumed = [*arguments[:-1], f"hydra.run.dir={trained}-resumed", "trainer.resume=true"]
    assert "Continuing run" in run(folder, "train", *resumed)
    whole, continued = (weights(folder / name / "model") for name in (trained, f"{trained}-resumed"))
    assert whole.keys() == continued.keys()
    for name, value in whole.items():
        np.testing.assert_array_equal(value, continued[name], err_msg=name)
    assert not list((folder / f"{trained}-killed").glob("tmp*"))
