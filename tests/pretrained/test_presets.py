"""Presets of keras-nlp: the states of a small random backbone, which was saved as a preset."""

import json
import shutil
from pathlib import Path

import keras
import keras_nlp
import numpy as np
import pytest

from classifier.encoders import MeanPooling
from classifier.encoders.pretrained import build_pretrained
from classifier.errors import UserError
from classifier.pretrained import find_checkpoint, read_tokenizer
from classifier.pretrained.special_tokens import padding_first
from classifier.settings import PretrainedSettings

REFERENCES = Path(__file__).parent / "references"
SIZES = {"num_layers": 2, "num_heads": 3, "hidden_dim": 6, "intermediate_dim": 7, "max_sequence_length": 11}
IDS = np.array([[2, 5, 13, 3, 7], [2, 9, 4, 3, 3]], np.int32)
PIECES = (REFERENCES / "bert" / "vocab.txt").read_text().split()


def make_backbone(kind: str, count: int) -> keras.Model:
    keras.utils.set_random_seed(5)
    backbone = getattr(keras_nlp.models, f"{kind}Backbone")(vocabulary_size=count, **SIZES)
    draw = np.random.default_rng(3)
    for weight in backbone.weights:
        weight.assign(draw.normal(0, 0.5, weight.shape))
    return backbone


def make_tokenizer(kind: str, folder: Path) -> int:
    """Saves a tokenizer in the folder, and returns its number of tokens."""
    if kind == "Roberta":
        files = REFERENCES / "roberta_relu_epsilon"
        options = {"vocabulary": str(files / "vocab.json"), "merges": str(files / "merges.txt")}
    else:
        options = {"vocabulary": PIECES, "lowercase": True}
    made = getattr(keras_nlp.models, f"{kind}Tokenizer")(**options)
    made.save_to_preset(str(folder))
    return made.vocabulary_size()


@pytest.mark.parametrize("kind", ["Bert", "DistilBert", "Roberta"])
def test_states_equal_those_of_the_backbone(tmp_path, kind):
    backbone = make_backbone(kind, make_tokenizer(kind, tmp_path))
    backbone.save_to_preset(str(tmp_path))
    given = {"token_ids": IDS, "segment_ids": np.zeros_like(IDS), "padding_mask": np.ones_like(IDS)}
    expected = backbone({name: given[name] for name in backbone.input}, training=False)
    expected = expected["sequence_output"] if isinstance(expected, dict) else expected
    checkpoint, files = find_checkpoint(str(tmp_path)), read_tokenizer(tmp_path)
    checkpoint.check_weights()
    settings = PretrainedSettings(source=str(tmp_path))
    model = build_pretrained(checkpoint, settings, MeanPooling(name="pooling"), classes=3)
    ids = padding_first(np.arange(len(files.vocabulary), dtype=np.int32), files.padding)[IDS]
    states = keras.Model(model.input, model.get_layer("block_1").output)(ids)
    np.testing.assert_allclose(states, expected, atol=1e-5)


def test_the_tokenizer_of_a_preset(tmp_path):
    make_tokenizer("Bert", tmp_path)
    files = read_tokenizer(tmp_path)
    assert (files.vocabulary, files.lower_case, files.strip_accents) == (PIECES, True, False)


def test_what_is_refused(tmp_path):
    shutil.copy(REFERENCES / "bert" / "model.safetensors", tmp_path / "model.weights.h5")
    config = {"registered_name": "keras_hub>GemmaBackbone", "class_name": "GemmaBackbone", "config": {}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match=r"the preset is a GemmaBackbone; presets are supported for BertBackbone,"):
        find_checkpoint(str(tmp_path))
    with pytest.raises(UserError, match=r"If it is a preset of keras-nlp, save it where there is a network"):
        find_checkpoint("bert_tiny_en_uncased")
