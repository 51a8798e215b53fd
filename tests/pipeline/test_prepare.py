"""What a training gets if the settings leave it open."""

import pytest

from classifier.pipeline.prepare import trainer_settings
from classifier.settings import TrainerSettings


@pytest.mark.parametrize(
    ("given", "pretrained", "epochs"), [(None, False, 12), (None, True, 4), (7, False, 7), (7, True, 7)]
)
def test_the_epochs_follow_from_the_data_and_the_encoder(given, pretrained, epochs):
    trainer = TrainerSettings(epochs=given)
    assert trainer_settings(trainer, examples=5000, classes=4, pretrained=pretrained).epochs == epochs
    assert trainer.epochs == given


@pytest.mark.parametrize(
    ("given", "pretrained", "examples", "smoothing"),
    [(None, False, 200, 0.1), (None, True, 200, 0.0), (None, True, 201, 0.1), (0.2, True, 200, 0.2)],
)
def test_labels_are_not_smoothed_if_a_pretrained_encoder_has_few_texts(given, pretrained, examples, smoothing):
    trainer = trainer_settings(TrainerSettings(label_smoothing=given), examples, classes=4, pretrained=pretrained)
    assert trainer.label_smoothing == smoothing
