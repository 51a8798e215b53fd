"""Creates the encoder that the settings describe: learned from scratch, or pretrained."""

from collections.abc import Sequence

import keras
from hydra.utils import instantiate

from classifier.encoders.encoder import Encoder
from classifier.encoders.pretrained import build_pretrained, rate_factors
from classifier.encoders.scratch import build_classifier
from classifier.pretrained import find_checkpoint, read_bert_files
from classifier.settings import PretrainedSettings, ScratchSettings, TrainSettings
from classifier.tokenizers import LearnedTokenizer, Tokenizer


def make_tokenizer(settings: TrainSettings, texts: Sequence[str]) -> Tokenizer:
    """Returns the tokenizer of the pretrained encoder, or learns a vocabulary from the training texts."""
    if isinstance(settings.encoder, PretrainedSettings):
        return instantiate(settings.tokenizer, files=read_bert_files(find_checkpoint(settings.encoder.source).folder))
    tokenizer: LearnedTokenizer = instantiate(settings.tokenizer)
    tokenizer.learn(texts)
    return tokenizer


def make_encoder(settings: TrainSettings, tokenizer: Tokenizer, classes: int) -> Encoder:
    """Returns the encoder with its initial weights."""
    model = build_model(settings, len(tokenizer.vocabulary), tokenizer.max_tokens, classes)
    if isinstance(settings.encoder, PretrainedSettings):
        return Encoder(
            model, tokenizer, pretrained=True, rate_factors=rate_factors(model, settings.encoder.layer_decay)
        )
    return Encoder(model, tokenizer)


def build_model(settings: TrainSettings, vocabulary_size: int, max_tokens: int, classes: int) -> keras.Model:
    """Builds the model of the settings, from ids (batch, tokens) to logits (batch, classes).

    A pretrained encoder has its own vocabulary and number of positions.
    """
    pooling = instantiate(settings.pooling, name="pooling")
    encoder = settings.encoder
    if isinstance(encoder, PretrainedSettings):
        return build_pretrained(find_checkpoint(encoder.source), encoder, pooling, classes)
    assert isinstance(encoder, ScratchSettings)
    return build_classifier(
        encoder,
        attention=lambda: instantiate(settings.attention),
        pooling=pooling,
        vocabulary_size=vocabulary_size,
        max_tokens=max_tokens,
        classes=classes,
    )
