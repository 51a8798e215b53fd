"""What a training gets if the settings leave it open."""

import pytest

from classifier.command_line.compose import compose_training
from classifier.pipeline.prepare import trainer_settings


@pytest.mark.parametrize(
    ("overrides", "epochs"),
    [
        (["encoder=small"], 12),
        (["encoder=pretrained", "encoder.source=folder"], 4),
        (["encoder=small", "trainer.epochs=7"], 7),
        (["encoder=pretrained", "encoder.source=folder", "trainer.epochs=7"], 7),
    ],
)
def test_the_epochs_follow_from_the_data_and_the_encoder(overrides, epochs):
    settings = compose_training(overrides).settings
    assert trainer_settings(settings, examples=5000, classes=4).epochs == epochs
    assert settings.trainer.epochs in (None, 7)
