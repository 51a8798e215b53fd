"""The steps before the first epoch: creates the tokenizer, the encoder, the n-gram model and the training loop."""

from concurrent.futures import Executor
from dataclasses import replace
from threading import Event

import keras
from hydra.utils import instantiate

from classifier.data import Splits
from classifier.encoders.encoder import Encoder
from classifier.encoders.pretrained import build_pretrained, parts, rate_factors
from classifier.encoders.scratch import build_classifier
from classifier.model.hybrid import Hybrid, NgramFit, fit_ngrams
from classifier.pretrained import find_checkpoint, read_bert_files
from classifier.settings import Linear, PretrainedSettings, ScratchSettings, TrainerSettings, TrainSettings
from classifier.terminal import say
from classifier.tokenizers import LearnedTokenizer, Tokenizer
from classifier.tracking.open_run import AnyRun
from classifier.training.batches import EncodedTexts, encode
from classifier.training.fit import Training, TrainingData
from classifier.training.linear_probe import fit_linear_probe
from classifier.training.optimization import (
    EXAMPLES_SEEN,
    PRETRAINED_EXAMPLES_SEEN,
    WarmupDecay,
    class_weights,
    epochs_for,
    spare_from_decay,
)
from classifier.training.resting import resting_states


def prepare(
    settings: TrainSettings, splits: Splits, run: AnyRun, executor: Executor, stop: Event
) -> tuple[Hybrid, Training]:
    """Creates the hybrid and the training loop of its encoder, and restores the checkpoint of the run if there is one.

    Args:
        executor: executor that fits the n-gram model while the encoder is trained.
        stop: event that cancels the fit of the n-gram model.
    """
    tokenizer = make_tokenizer(settings, splits)
    texts = encode_texts(tokenizer, splits, run)
    keras.utils.set_random_seed(settings.seed)  # set here, because tracking uses the same generators before
    size, classes = len(tokenizer.vocabulary), len(splits.train.label_names)
    encoder = Encoder(build_model(settings, size, tokenizer.max_tokens, classes), tokenizer)
    weights = class_weights(settings.trainer.class_weights, splits.train.labels, splits.train.label_names)
    ngrams: NgramFit | None = None
    if settings.encoder.linear is Linear.ngrams:
        ngrams = fit_ngrams(executor, stop, tokenizer, splits.train, splits.valid, weights, settings.seed)
    hybrid = Hybrid(encoder, splits.valid, weights, ngrams)
    model, valid_texts = encoder.model, encode(tokenizer, splits.valid.texts)[0]
    if isinstance(settings.encoder, PretrainedSettings) and (halves := parts(model)):
        resting, model = halves
        texts, valid_texts = (resting_states(resting, one, run.output) for one in (texts, valid_texts))
    if isinstance(settings.encoder, PretrainedSettings) and not run.checkpoint.exists():
        fit_linear_probe(model, texts, splits.train.labels, weights, settings.seed)
    data = TrainingData(texts, splits.train.labels, weights, valid_texts)
    trainer = trainer_settings(settings, len(texts), len(weights))
    optimizer = make_optimizer(settings, trainer, len(texts))
    if isinstance(settings.encoder, PretrainedSettings) and settings.encoder.layer_decay < 1:
        optimizer.rate_factors = rate_factors(encoder.model, settings.encoder.layer_decay)
    training = Training(model, optimizer, trainer, data, hybrid.validate, settings.seed, run.checkpoint)
    run.log_metrics({"trainer.epochs": training.most_epochs, "trainer.bfloat16": float(training.reduced)}, step=0)
    if training.restore():
        say(f"Continuing run {run.run_id} after {training.state.epoch} epochs and {training.state.step} steps")
    return hybrid, training


def make_tokenizer(settings: TrainSettings, splits: Splits) -> Tokenizer:
    """Returns the tokenizer of the pretrained encoder, or learns a vocabulary from the training texts."""
    if isinstance(settings.encoder, PretrainedSettings):
        return instantiate(settings.tokenizer, files=read_bert_files(find_checkpoint(settings.encoder.source).folder))
    tokenizer: LearnedTokenizer = instantiate(settings.tokenizer)
    tokenizer.learn(splits.train.texts)
    return tokenizer


def encode_texts(tokenizer: Tokenizer, splits: Splits, run: AnyRun) -> EncodedTexts:
    """Returns the ids of the training texts; prints and logs the share of truncated texts."""
    texts, cut = encode(tokenizer, splits.train.texts)
    size = len(tokenizer.vocabulary)
    run.log_metrics({"data.cut_texts": cut, "data.vocabulary": size}, step=0)
    say(f"{size:,} tokens in the vocabulary; {cut:.1%} of the texts are cut to {tokenizer.max_tokens}")
    return texts


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


def trainer_settings(settings: TrainSettings, examples: int, classes: int) -> TrainerSettings:
    """Returns the settings of the trainer with the number of epochs that suits the data if none is given."""
    seen = PRETRAINED_EXAMPLES_SEEN if isinstance(settings.encoder, PretrainedSettings) else EXAMPLES_SEEN
    return replace(settings.trainer, epochs=settings.trainer.epochs or epochs_for(examples, classes, seen))


def make_optimizer(settings: TrainSettings, trainer: TrainerSettings, examples: int) -> keras.optimizers.Optimizer:
    """Creates the optimizer with its learning-rate schedule.

    Args:
        settings: settings of the optimizer.
        trainer: settings of the trainer, with epochs.
        examples: number of training examples.
    """
    steps = (trainer.epochs or 0) * -(-examples // trainer.batch_size)
    rate = WarmupDecay(
        settings.optimizer["learning_rate"], steps, int(trainer.warmup_ratio * steps), trainer.schedule.name
    )
    return spare_from_decay(instantiate(settings.optimizer, learning_rate=rate))
