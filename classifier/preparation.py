"""What comes before the first epoch: the vocabulary, the ids, the model, the linear part beside it, the checkpoint."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hydra.utils import instantiate

from classifier.settings import Linear, TrainSettings
from classifier.terminal import say

if TYPE_CHECKING:
    import keras
    import numpy as np

    from classifier.data import Splits
    from classifier.model.hybrid import FittedNgrams
    from classifier.tokenizers import Tokenizer
    from classifier.tracking.run import Run
    from classifier.training.batches import EncodedTexts
    from classifier.training.fit import Training


@dataclass(frozen=True, slots=True)
class Job:
    """All that one training has at hand once it is prepared."""

    settings: TrainSettings
    splits: "Splits"
    run: "Run"
    output: Path
    tokenizer: "Tokenizer"
    training: "Training"
    linear: "Future[FittedNgrams] | None"  # fitted beside; None where the encoder is alone


def learn_tokenizer(settings: TrainSettings, splits: "Splits", run: "Run") -> "tuple[Tokenizer, EncodedTexts]":
    """The tokenizer with its vocabulary, and the ids of the training texts."""
    from classifier.training.batches import encode

    tokenizer = instantiate(settings.tokenizer)
    tokenizer.learn(splits.train.texts)
    texts, cut = encode(tokenizer, splits.train.texts)
    size = len(tokenizer.vocabulary)
    run.log_metrics({"data.cut_texts": cut, "data.vocabulary": size}, step=0)
    say(f"{size:,} tokens in the vocabulary; {cut:.1%} of the texts are cut to {tokenizer.max_tokens}")
    return tokenizer, texts


def prepare(
    settings: TrainSettings,
    splits: "Splits",
    run: "Run",
    checkpoint: Path,
    output: Path,
    fit_beside: "Callable[..., Future[FittedNgrams]]",
) -> Job:
    """Learns the vocabulary, encodes the texts, builds the model; continues the checkpoint if there is one.

    Args:
        fit_beside: starts `classifier.model.hybrid.fit_ngrams` with the arguments that follow its first.
    """
    import keras

    from classifier.training.batches import encode
    from classifier.training.fit import Training
    from classifier.training.optimization import WarmupDecay, class_weights, epochs_for, spare_from_decay

    tokenizer, texts = learn_tokenizer(settings, splits, run)
    keras.utils.set_random_seed(settings.seed)  # just here: tracking draws from the same generators before
    vocabulary_size, classes = len(tokenizer.vocabulary), len(splits.train.label_names)
    model = build_model(settings, vocabulary_size, tokenizer.max_tokens, classes)
    weights = class_weights(settings.trainer.class_weights, splits.train.labels, splits.train.label_names)
    epochs = settings.trainer.epochs or epochs_for(len(texts), len(weights))
    steps = epochs * -(-len(texts) // settings.trainer.batch_size)
    warmup_steps = int(settings.trainer.warmup_ratio * steps)
    rate = WarmupDecay(settings.optimizer["learning_rate"], steps, warmup_steps, settings.trainer.schedule.name)
    linear = None
    if settings.encoder.linear is Linear.ngrams:
        linear = fit_beside(tokenizer, splits.train, splits.valid, weights, settings.seed)
    training = Training(
        model,
        spare_from_decay(instantiate(settings.optimizer, learning_rate=rate)),
        settings.trainer,
        texts,
        splits.train.labels,
        weights,
        encode(tokenizer, splits.valid.texts)[0],
        validation(splits.valid.labels, weights, linear),
        settings.seed,
        checkpoint,
    )
    run.log_metrics({"trainer.epochs": training.epochs, "trainer.bfloat16": float(training.reduced)}, step=0)
    if training.restore():
        say(f"Continuing run {run.run_id} after {training.state.epoch} epochs and {training.state.step} steps")
    return Job(settings, splits, run, output, tokenizer, training, linear)


def build_model(settings: TrainSettings, vocabulary_size: int, max_tokens: int, classes: int) -> "keras.Model":
    """The encoder that the settings describe: ids (batch, tokens) to logits (batch, classes)."""
    from classifier.encoders.scratch import build_classifier

    return build_classifier(
        settings.encoder,
        attention=lambda: instantiate(settings.attention),
        pooling=instantiate(settings.pooling, name="pooling"),
        vocabulary_size=vocabulary_size,
        max_tokens=max_tokens,
        classes=classes,
    )


def validation(
    labels: "np.ndarray", class_weights: "np.ndarray", linear: "Future[FittedNgrams] | None"
) -> "Callable[[np.ndarray], dict[str, float]]":
    """Maps the encoder's logits of the validation examples to the metrics of the whole: with the linear part, if any.

    Beside a linear part there is also `encoder_log_loss`, of the encoder alone.

    Args:
        labels: of the validation examples.
        class_weights: loss weight of each class, (classes,).
        linear: waited for at the first validation.
    """
    from scipy.special import softmax

    from classifier.evaluation.metrics import headline
    from classifier.model.hybrid import join

    def measure(logits: "np.ndarray") -> dict[str, float]:
        encoder = headline(labels, softmax(logits, axis=1))
        if linear is None:
            return encoder
        _, joined = join(logits, linear.result().valid_logits, labels, class_weights)
        return {**headline(labels, softmax(joined, axis=1)), "encoder_log_loss": encoder["log_loss"]}

    return measure
