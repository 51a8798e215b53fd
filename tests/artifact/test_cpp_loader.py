"""TensorFlow's C++ loader gives the same results as Python's loader for all signatures of all SavedModels."""

from collections.abc import Callable, Mapping

import keras
import numpy as np
import pytest
import tensorflow as tf
from c_api import Session
from small_model import LABELS, TEXTS

from classifier.artifact.export import export_model
from classifier.artifact.formats.halves import write_halves
from classifier.artifact.publish import publish_model
from classifier.artifact.saving import load_module
from classifier.attention import AdditiveAttention, LocalAttention, MultiHeadAttention, RotaryAttention
from classifier.encoders import AdditivePooling, ConcatPooling, MeanPooling
from classifier.encoders.encoder import Encoder
from classifier.encoders.scratch import build_classifier
from classifier.model.classifier_module import ClassifierModule
from classifier.settings import Block, Positions, ScratchSettings
from classifier.tokenizers import WordPieceTokenizer, WordTokenizer

ENCODERS = {
    "rotary, wordpiece, several poolings": (
        lambda: RotaryAttention(num_heads=3),
        lambda: ConcatPooling(["mean", "max", "additive"], name="pooling"),
        {"positions": Positions.rotary},
        WordPieceTokenizer,
    ),
    "keras_nlp, sinusoidal": (
        lambda: MultiHeadAttention(num_heads=3),
        lambda: MeanPooling(name="pooling"),
        {"block": Block.keras_nlp, "positions": Positions.sinusoidal},
        WordTokenizer,
    ),
    "local": (
        lambda: LocalAttention(num_heads=3, window=3),
        lambda: MeanPooling(name="pooling"),
        {},
        WordTokenizer,
    ),
    "additive": (AdditiveAttention, lambda: AdditivePooling(name="pooling"), {}, WordTokenizer),
}


def check_both_loaders(folder) -> Mapping[str, Callable]:
    """Compares the loaders on every signature, text by text; returns the signatures of Python's loader."""
    python, session = load_module(folder).signatures, Session(folder)
    assert set(session.signatures) - {"__saved_model_init_op"} == set(python)
    for name, function in python.items():
        asked = [text.encode() for text in [*TEXTS, ""]] if function.structured_input_signature[1] else [None]
        for text in asked:
            expected = function() if text is None else function(text=tf.constant([text]))
            found = session.run(name, [] if text is None else [text])
            assert set(found) == set(expected)
            for key, values in found.items():
                if expected[key].dtype == tf.string:
                    np.testing.assert_array_equal(values, expected[key].numpy())
                elif key != "pooling_max":  # depends on rounding if two states are equal
                    np.testing.assert_allclose(values, expected[key].numpy(), atol=1e-5)
    return python


@pytest.fixture(params=list(ENCODERS))
def encoder_alone(request) -> ClassifierModule:
    attention, pooling, settings, tokenizer_class = ENCODERS[request.param]
    keras.utils.set_random_seed(5)
    tokenizer = tokenizer_class(max_tokens=11)
    tokenizer.learn(2 * TEXTS)
    chosen = ScratchSettings(depth=2, width=12, intermediate_dim=7, **settings)
    return ClassifierModule(
        Encoder(build_classifier(chosen, attention, pooling(), len(tokenizer.vocabulary), 11, len(LABELS)), tokenizer),
        LABELS,
    )


def test_every_encoder(encoder_alone, tmp_path, unchecked):
    python = check_both_loaders(export_model(encoder_alone, TEXTS, tmp_path / "model"))
    for text in map(tf.constant, zip(TEXTS, strict=True)):
        found, expected = python["explain"](text=text), encoder_alone.explain(text)
        assert set(found) == set(expected)
        for name in set(expected) - {"label", "tokens", "pooling_max"}:
            np.testing.assert_allclose(found[name], expected[name], atol=1e-5)


def test_encoder_with_ngrams(model_folder):
    check_both_loaders(model_folder)


@pytest.mark.parametrize("weights", ["float16", "bfloat16"])
def test_half_precision(untrained, weights, tmp_path):
    write_halves(untrained, weights, tmp_path / "half")
    check_both_loaders(tmp_path / "half")


def test_published(model_folder, tmp_path):
    check_both_loaders(publish_model(model_folder, str(tmp_path / "served")))


def test_each_weight_is_stored_once(model_folder, untrained):
    stored = sum(path.stat().st_size for path in (model_folder / "variables").iterdir())
    variables = [*untrained.encoder_variables, untrained.ngrams.weights, untrained.ngrams.keys, untrained.ngrams.idf]
    needed = sum(variable.numpy().nbytes for variable in variables)
    assert needed < stored < 1.2 * needed + 20_000


def test_a_variable_that_only_python_finds_is_refused(untrained, tmp_path, monkeypatch):
    from classifier.artifact.export import ExportError
    from classifier.model import keras_module

    def forget(module, encoder) -> None:
        tf.Module.__init__(module)
        module.encoder = encoder  # as Keras tracks it

    monkeypatch.setattr(keras_module.KerasModule, "__init__", forget)
    forgetful = ClassifierModule(untrained.explainer.watched, LABELS)
    with pytest.raises(ExportError, match="Could not find variable"):
        export_model(forgetful, TEXTS, tmp_path / "model")
