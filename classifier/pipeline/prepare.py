"""The steps before the first epoch: creates the tokenizer, the encoder, the n-gram model and the training loop."""

from concurrent.futures import Executor
from dataclasses import replace
from threading import Event

import keras
from hydra.utils import instantiate

from classifier.data import Splits
from classifier.model.hybrid import Hybrid, NgramFit, fit_ngrams
from classifier.pipeline.make_encoder import make_encoder, make_tokenizer
from classifier.settings import Linear, TrainerSettings, TrainSettings
from classifier.terminal import say
from classifier.tokenizers import Tokenizer
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
    encoder = make_encoder(settings, tokenizer, len(splits.train.label_names))
    weights = class_weights(settings.trainer.class_weights, splits.train.labels, splits.train.label_names)
    ngrams: NgramFit | None = None
    if settings.encoder.linear is Linear.ngrams:
        ngrams = fit_ngrams(executor, stop, tokenizer, splits.train, splits.valid, weights, settings.seed)
    hybrid = Hybrid(encoder, splits.valid, weights, ngrams)
    model, vectors, valid_texts = encoder.model, encoder.vectors(), encode(tokenizer, splits.valid.texts)[0]
    if parts := encoder.parts():
        resting, vectors, model = parts
        texts, valid_texts = (resting_states(resting, one, run.output) for one in (texts, valid_texts))
    if encoder.pretrained and not run.checkpoint.exists():
        fit_linear_probe(vectors, model, texts, splits.train.labels, weights, settings.seed)
    data = TrainingData(texts, splits.train.labels, weights, valid_texts)
    trainer = trainer_settings(settings.trainer, len(texts), len(weights), encoder.pretrained)
    optimizer = make_optimizer(settings, trainer, len(texts))
    if encoder.rate_factors:
        optimizer.rate_factors = encoder.rate_factors
    training = Training(model, optimizer, trainer, data, hybrid.validate, settings.seed, run.checkpoint)
    run.facts |= {"epochs": training.most_epochs, "bfloat16": training.reduced}
    if training.restore():
        say(f"Continuing run {run.run_id} after {training.state.epoch} epochs and {training.state.step} steps")
    return hybrid, training


def encode_texts(tokenizer: Tokenizer, splits: Splits, run: AnyRun) -> EncodedTexts:
    """Returns the ids of the training texts; prints and notes the share of truncated texts."""
    texts, cut = encode(tokenizer, splits.train.texts)
    size = len(tokenizer.vocabulary)
    run.facts |= {"cut_texts": cut, "vocabulary": size}
    say(f"{size:,} tokens in the vocabulary; {cut:.1%} of the texts are cut to {tokenizer.max_tokens}")
    return texts


def trainer_settings(trainer: TrainerSettings, examples: int, classes: int, pretrained: bool) -> TrainerSettings:
    """Returns the settings with the number of epochs that suits the data if none is given."""
    seen = PRETRAINED_EXAMPLES_SEEN if pretrained else EXAMPLES_SEEN
    return replace(trainer, epochs=trainer.epochs or epochs_for(examples, classes, seen))


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
