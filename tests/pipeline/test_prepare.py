"""What a training gets if the settings leave it open."""

from dataclasses import replace

import numpy as np
import pytest

from classifier.data import Examples
from classifier.pipeline.make_encoder import are_few
from classifier.pipeline.prepare import trainer_settings
from classifier.settings import TrainerSettings


@pytest.mark.parametrize(
    ("given", "pretrained", "epochs"), [(None, False, 12), (None, True, 4), (7, False, 7), (7, True, 7)]
)
def test_the_epochs_follow_from_the_data_and_the_encoder(given, pretrained, epochs):
    trainer = TrainerSettings(epochs=given)
    assert trainer_settings(trainer, examples=5000, classes=4, pretrained=pretrained, smoothing=0.1).epochs == epochs
    assert trainer.epochs == given


@pytest.mark.parametrize(("given", "smoothing"), [(None, 0.1), (0.0, 0.0), (0.2, 0.2)])
def test_labels_are_smoothed_as_suits_the_model_unless_it_is_given(given, smoothing):
    settings = TrainerSettings(label_smoothing=given)
    trainer = trainer_settings(settings, examples=200, classes=4, pretrained=True, smoothing=0.1)
    assert trainer.label_smoothing == smoothing


@pytest.mark.parametrize(("texts", "few"), [(200, True), (201, False)])
def test_up_to_50_texts_per_class_are_few(texts, few):
    labels, names = np.zeros(3, np.int32), ("a", "b", "c", "d")
    train = Examples([""] * 3, labels, names, [""] * 3)
    assert are_few([""] * texts, train) == few
    assert not are_few([""] * texts, replace(train, labels=np.eye(4, dtype=np.int8)[labels]))
