"""SetFit, and sentence-transformers with a logistic regression; runs in the Python that has them.

This file imports neither the project nor TensorFlow.
"""

# pyright: reportMissingImports=false

import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ITERATIONS = 20  # pairs of each kind that SetFit makes of a text, as in Tunstall et al. 2022, section 4.1
SEED = 0


def logistic(model: str, train: str, test: str) -> dict[str, Any]:
    """A logistic regression on the vectors of the encoder, which rests."""
    from sentence_transformers import SentenceTransformer
    from sklearn.linear_model import LogisticRegression

    encoder, (texts, labels), began = encoder_of(SentenceTransformer, model), read(train), time.monotonic()
    regression = LogisticRegression(max_iter=1000).fit(encoder.encode(texts), labels)
    seconds = time.monotonic() - began
    texts, labels = read(test)
    return {"training_seconds": seconds, "accuracy": accuracy(regression.predict(encoder.encode(texts)), labels)}


def setfit(model: str, train: str, test: str) -> dict[str, Any]:
    """SetFit (Tunstall et al. 2022) with the settings of its version, apart from the number of pairs."""
    import torch
    from datasets import Dataset
    from sentence_transformers import SentenceTransformer
    from setfit import SetFitModel, Trainer, TrainingArguments
    from sklearn.linear_model import LogisticRegression

    torch.manual_seed(SEED)
    (texts, labels), began = read(train), time.monotonic()
    classifier = SetFitModel(encoder_of(SentenceTransformer, model), LogisticRegression())
    with tempfile.TemporaryDirectory() as folder:
        options = TrainingArguments(
            folder, num_iterations=ITERATIONS, seed=SEED, show_progress_bar=False, save_strategy="no", report_to="none"
        )
        Trainer(classifier, options, train_dataset=Dataset.from_dict({"text": texts, "label": labels})).train()
    seconds = time.monotonic() - began
    texts, labels = read(test)
    return {"training_seconds": seconds, "accuracy": accuracy(classifier.predict(texts), labels)}


def encoder_of(kind: Any, folder: str) -> Any:
    """The encoder with mean pooling and normalized vectors, as all-MiniLM-L6-v2 was trained."""
    from sentence_transformers import models

    words = models.Transformer(folder, max_seq_length=128)
    pooling = models.Pooling(words.get_embedding_dimension(), pooling_mode="mean")
    return kind(modules=[words, pooling, models.Normalize()], device="cpu")


def read(path: str) -> tuple[list[str], list[str]]:
    rows = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
    return [row["text"] for row in rows], [row["label"] for row in rows]


def accuracy(found: Sequence[str], labels: Sequence[str]) -> float:
    return sum(str(one) == other for one, other in zip(found, labels, strict=True)) / len(labels)
