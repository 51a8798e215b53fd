"""The steps before the first epoch: creates the tokenizer, the encoder, the n-gram model and the training loop."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from threading import Event

import keras
from hydra.utils import instantiate

from classifier.data import Splits
from classifier.model.hybrid import Hybrid, NgramFit, fit_ngrams
from classifier.pipeline.make_encoder import are_few, make_encoder, make_tokenizer
from classifier.progress import Stage
from classifier.settings import Linear, PretrainedSettings, TrainerSettings, TrainSettings
from classifier.tasks import decide, make_task
from classifier.tokenizers import Tokenizer
from classifier.tracking.open_run import AnyRun
from classifier.training.batches import EncodedTexts, encode
from classifier.training.fit import Training, TrainingData
from classifier.training.last_layer import fit_last_layer
from classifier.training.optimization import (
    EXAMPLES_SEEN,
    LABEL_SMOOTHING,
    PRETRAINED_EXAMPLES_SEEN,
    WarmupDecay,
    class_weights,
    epochs_for,
    spare_from_decay,
)
from classifier.training.resting import resting_states
from classifier.training.targets import TrainingTexts, as_probabilities, taught


def prepare(
    settings: TrainSettings, splits: Splits, run: AnyRun, executor: Executor, stop: Event
) -> tuple[Hybrid, Training]:
    """Creates the hybrid and the training loop of its encoder, and restores the checkpoint of the run if there is one.

    Args:
        executor: executor that fits the n-gram model while the encoder is trained.
        stop: event that cancels the fit of the n-gram model.
    """
    none, outside = splits.none_of_these, splits.outside()
    splits = splits.learned()
    task, train = make_task(splits.train.several), training_texts(splits)
    with Stage("Learning the vocabulary"):
        tokenizer = make_tokenizer(settings, train.texts)
    with Stage("Encoding the texts"):
        texts = encode_texts(tokenizer, train.texts, run)
    keras.utils.set_random_seed(settings.seed)  # set here, because tracking uses the same generators before
    with Stage("Building the encoder"):
        few = isinstance(settings.encoder, PretrainedSettings) and are_few(train.texts, splits.train)
        encoder = make_encoder(settings, tokenizer, len(splits.train.label_names), few_texts=few)
    weights = class_weights(settings.trainer.class_weights, splits.train)
    ngrams: NgramFit | None = None
    if settings.encoder.linear is Linear.ngrams:
        ngrams = fit_ngrams(task, executor, stop, tokenizer, train, splits.valid, weights, settings.seed)
    thresholds = partial(decide, settings.abstain, settings.export, settings.labels)
    hybrid = Hybrid(task, encoder, splits.valid, weights, thresholds, ngrams, none, outside)
    model, vectors, valid_texts = encoder.model, encoder.vectors(), encode(tokenizer, splits.valid.texts)[0]
    if parts := encoder.parts():
        resting, vectors, model = parts
        texts, valid_texts = (resting_states(resting, one, run.output) for one in (texts, valid_texts))
    if encoder.pretrained and not run.checkpoint.exists():
        with Stage("Fitting the output layer"):
            fit_last_layer(task, vectors, model, texts, train.targets, weights, settings.seed)
    data = TrainingData(texts, train.targets, weights, valid_texts, task)
    smoothing = 0.0 if few or task.several else LABEL_SMOOTHING
    trainer = trainer_settings(settings.trainer, len(texts), len(weights), encoder.pretrained, smoothing)
    optimizer = make_optimizer(settings, trainer, len(texts))
    if encoder.rate_factors:
        optimizer.rate_factors = encoder.rate_factors
    with Stage("Preparing the training"):
        training = Training(model, optimizer, trainer, data, hybrid.validate, settings.seed, run.checkpoint)
    run.facts |= {"epochs": training.most_epochs, "bfloat16": training.reduced}
    training.restore()
    return hybrid, training


def training_texts(splits: Splits) -> TrainingTexts:
    """Returns the texts to learn from, with the targets of the teacher if there is one."""
    labels = splits.train.labels
    if splits.taught is not None:
        targets = taught(splits.taught, labels)
    else:
        targets = as_probabilities(labels, len(splits.train.label_names)) if splits.train.several else labels
    return TrainingTexts([*splits.train.texts, *splits.unlabelled], targets, labels)


def encode_texts(tokenizer: Tokenizer, train: Sequence[str], run: AnyRun) -> EncodedTexts:
    """Returns the ids of the training texts; notes the size of the vocabulary and the share of truncated texts."""
    texts, cut = encode(tokenizer, train)
    run.facts |= {"cut_texts": cut, "vocabulary": len(tokenizer.vocabulary)}
    return texts


def trainer_settings(
    trainer: TrainerSettings, examples: int, classes: int, pretrained: bool, smoothing: float
) -> TrainerSettings:
    """Returns the settings with the epochs and the label smoothing that suit the data if they are not given."""
    seen = PRETRAINED_EXAMPLES_SEEN if pretrained else EXAMPLES_SEEN
    return replace(
        trainer,
        epochs=trainer.epochs or epochs_for(examples, classes, seen),
        label_smoothing=smoothing if trainer.label_smoothing is None else trainer.label_smoothing,
    )


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
