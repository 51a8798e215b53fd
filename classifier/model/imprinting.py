"""Adds the validation texts to the class directions of the final model, which few training texts determine."""

import keras
import numpy as np

from classifier.data import Examples
from classifier.encoders.cosine_logits import CosineLogits, unit
from classifier.encoders.encoder import Encoder
from classifier.training.batches import encode
from classifier.training.predictor import Predictor
from classifier.training.targets import as_labels


def with_validation(encoder: Encoder, targets: np.ndarray, valid: Examples) -> Encoder:
    """Returns the encoder for the final model: if its logits are cosines, validation texts move the class directions.

    The new direction of a class is the mean of its trained direction, once for each of its training texts, and of the
    directions of its validation texts (Qi et al. 2018, "Low-shot learning with imprinted weights", section 3.2). All
    other layers are shared.

    Args:
        encoder: trained encoder.
        targets: targets of the training texts; see `classifier.training.targets`.
        valid: validation examples.
    """
    layer = encoder.model.get_layer("logits")
    if not isinstance(layer, CosineLogits):
        return encoder
    texts, _ = encode(encoder.tokenizer, valid.texts)
    kernel = imprinted(layer.kernel.numpy(), as_labels(targets), Predictor(encoder.vectors())(texts), valid.labels)
    logits = CosineLogits(layer.classes, layer.scale, dtype=layer.dtype_policy, name="logits")
    model = keras.Model(encoder.model.input, logits(encoder.vectors().output), name=encoder.model.name)
    logits.set_weights([kernel])
    return Encoder(model, encoder.tokenizer, encoder.pretrained, encoder.rate_factors)


def imprinted(kernel: np.ndarray, seen: np.ndarray, vectors: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Returns the directions of the classes, of shape (width, classes), with more texts.

    Args:
        kernel: vectors of the classes, of shape (width, classes).
        seen: labels of the texts that determined them, integers (seen texts,).
        vectors: vectors of other texts, of shape (texts, width).
        labels: their labels, integers (texts,).
    """
    sums = unit(kernel.T) * np.bincount(seen, minlength=kernel.shape[1])[:, None]
    np.add.at(sums, labels, unit(vectors))
    known = np.linalg.norm(sums, axis=1) > 0
    return np.where(known, unit(sums).T, kernel).astype(kernel.dtype)
