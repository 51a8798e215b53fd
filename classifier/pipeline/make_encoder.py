"""Creates the encoder that the settings describe: learned from scratch, or pretrained."""

from collections.abc import Sequence

import keras
from hydra.utils import instantiate

from classifier.data import Examples
from classifier.encoders.encoder import Encoder
from classifier.encoders.pretrained import build_pretrained, rate_factors
from classifier.encoders.scratch import build_classifier
from classifier.pretrained import find_checkpoint, read_bert_files
from classifier.settings import PretrainedSettings, ScratchSettings, TrainSettings
from classifier.terminal import say
from classifier.tokenizers import LearnedTokenizer, Tokenizer

FEW_TEXTS = 50  # per class on average, up to which the logits of a pretrained encoder are cosines


def are_few(texts: Sequence[str], train: Examples) -> bool:
    """Whether there are at most FEW_TEXTS texts to learn from per class, each with one label.

    Args:
        texts: texts to learn from, with those that a teacher labels.
        train: the labelled ones.
    """
    return not train.several and len(texts) <= FEW_TEXTS * len(train.label_names)


def make_tokenizer(settings: TrainSettings, texts: Sequence[str]) -> Tokenizer:
    """Returns the tokenizer of the pretrained encoder, or learns a vocabulary from the training texts."""
    if isinstance(settings.encoder, PretrainedSettings):
        return instantiate(settings.tokenizer, files=read_bert_files(find_checkpoint(settings.encoder.source).folder))
    tokenizer: LearnedTokenizer = instantiate(settings.tokenizer)
    tokenizer.learn(texts)
    return tokenizer


def make_encoder(settings: TrainSettings, tokenizer: Tokenizer, classes: int, few_texts: bool) -> Encoder:
    """Returns the encoder with its initial weights; a pretrained one has cosines as logits if there are few texts.

    Args:
        settings: settings of the training.
        tokenizer: tokenizer of the encoder.
        classes: number of classes.
        few_texts: whether there are few texts per class.
    """
    model = build_model(settings, len(tokenizer.vocabulary), tokenizer.max_tokens, classes, few_texts)
    if few_texts:
        say(f"At most {FEW_TEXTS} texts per class: the logits are cosines")
    if isinstance(settings.encoder, PretrainedSettings):
        return Encoder(
            model, tokenizer, pretrained=True, rate_factors=rate_factors(model, settings.encoder.layer_decay)
        )
    return Encoder(model, tokenizer)


def build_model(
    settings: TrainSettings, vocabulary_size: int, max_tokens: int, classes: int, few_texts: bool = False
) -> keras.Model:
    """Builds the model of the settings, from ids (batch, tokens) to logits (batch, classes).

    A pretrained encoder has its own vocabulary and number of positions, and a last layer for few texts per class.
    """
    pooling = instantiate(settings.pooling, name="pooling")
    encoder = settings.encoder
    if isinstance(encoder, PretrainedSettings):
        return build_pretrained(find_checkpoint(encoder.source), encoder, pooling, classes, few_texts)
    assert isinstance(encoder, ScratchSettings)
    return build_classifier(
        encoder,
        attention=lambda: instantiate(settings.attention),
        pooling=pooling,
        vocabulary_size=vocabulary_size,
        max_tokens=max_tokens,
        classes=classes,
    )
