"""Pytest plugin with a tiny classifier for all tests, and a few texts and labels in several scripts."""

from pathlib import Path

import numpy as np
import pytest

LABELS = ("billing", "praise", "tech, or not", "返品", "other")
TEXTS = ["the lamp is broken", "where is my refund", "love it, thank you!", "it will not switch on", "退货太慢了"]


@pytest.fixture(scope="session")
def untrained():
    """A ClassifierModule with large random weights, so that texts differ in their label, and a fitted n-gram model."""
    import keras

    from classifier.attention import MultiHeadAttention
    from classifier.encoders import MeanPooling
    from classifier.encoders.encoder import Encoder
    from classifier.encoders.scratch import build_classifier
    from classifier.model.classifier_module import ClassifierModule
    from classifier.model.mixing import Weights
    from classifier.model.ngram_fit import Method, NgramCounter, Recipe, compute_tfidf, fit_ngram_model
    from classifier.settings import ScratchSettings
    from classifier.tasks import Decision, make_task
    from classifier.tokenizers import WordTokenizer

    keras.utils.set_random_seed(3)
    tokenizer = WordTokenizer(max_tokens=11)
    tokenizer.learn(TEXTS)
    settings = ScratchSettings(depth=1, width=12, intermediate_dim=7)
    vocabulary = len(tokenizer.vocabulary)
    encoder = build_classifier(
        settings, lambda: MultiHeadAttention(num_heads=3), MeanPooling(), vocabulary, 11, len(LABELS)
    )
    for weight in encoder.weights:
        weight.assign(3 * weight)
    twice = 2 * TEXTS  # n-grams that occur in a single text have no weights
    labels, sample_weights = np.arange(len(twice)) % len(LABELS), np.ones(len(twice))
    tfidf = compute_tfidf(NgramCounter(tokenizer), twice, len(LABELS))
    ngrams = fit_ngram_model(
        make_task(False), tfidf, labels, sample_weights, len(LABELS), {Recipe(Method.nb_svm, 1.0): 1.0}, seed=3
    )
    decision = Decision(0.6, (0.1, 0.2, 0.3, 0.2, 0.1), None, {"abstain.coverage": 0.5, "export.coverage": 0.9}, 10)
    return ClassifierModule(Encoder(encoder, tokenizer), LABELS, ngrams, Weights(np.array([0.7, 3.0])), decision)


@pytest.fixture(scope="session")
def model_folder(untrained, tmp_path_factory) -> Path:
    """The folder of the SavedModel."""
    from classifier.artifact.export import export_model

    return export_model(untrained, TEXTS, tmp_path_factory.mktemp("export") / "model")


@pytest.fixture(scope="session")
def classifier(model_folder):
    """The loaded SavedModel."""
    from classifier.artifact.saved_model import SavedClassifier

    return SavedClassifier(model_folder)
