"""The n-gram model is the best sum of classifiers for unseen texts, and the mixture is never worse than its parts."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from classifier.data import Examples
from classifier.model import hybrid
from classifier.model.hybrid import (
    MOST_METHOD_SHARE,
    STRENGTHS,
    NgramFit,
    fit_ngrams,
    logits_of,
    out_of_fold_logits,
)
from classifier.model.mixing import LEAST_SHARE, MOST_SHARE, least_log_loss, mix
from classifier.model.mixture import Mixture
from classifier.model.ngram_fit import NgramCounter, Recipe, compute_tfidf, fit_ngram_model
from classifier.tasks import make_task
from classifier.tokenizers import WordTokenizer
from classifier.training.targets import TrainingTexts

TOKENIZER = WordTokenizer()
TASK = make_task(several=False)
RECIPES = [Recipe(method, strength) for method, strengths in STRENGTHS.items() for strength in strengths]
TOPICS = {"bird": ["owl", "wren", "kite"], "fruit": ["apple", "pear", "plum"], "tool": ["saw", "axe", "file"]}
quick = settings(deadline=None, max_examples=20, derandomize=True)


def log_loss(logits: np.ndarray, labels: np.ndarray) -> float:
    return -log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean()


def drawn(seed: int, examples: int, classes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns informative logits of two parts with different scales, and the labels."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, examples)
    scales, known = random.uniform(0.1, 9, 2), random.uniform(0, 2, 2)
    one, other = (
        scale * (random.normal(size=(examples, classes)) + share * np.eye(classes)[labels])
        for scale, share in zip(scales, known, strict=True)
    )
    return one.astype(np.float32), other.astype(np.float32), labels


problems = given(seed=st.integers(0, 999), examples=st.integers(1, 53), classes=st.integers(2, 7))


@problems
@quick
def test_joined_is_no_worse_than_either_part_at_its_best_scale(seed, examples, classes):
    encoder, linear, labels = drawn(seed, examples, classes)
    weights, joined = mix(TASK, encoder, linear, labels)
    for part in (encoder, linear):
        alone = minimize_scalar(lambda scale: log_loss(scale * part, labels), bounds=(0, MOST_SHARE), method="bounded")  # noqa: B023
        assert log_loss(joined, labels) <= alone.fun + 0.1  # the other part always has at least LEAST_SHARE
    assert (weights.parts >= 0).all() and (weights.parts <= MOST_SHARE).all()


@problems
@quick
def test_joined_logits_are_those_of_the_mixture(seed, examples, classes):
    encoder, linear, labels = drawn(seed, examples, classes)
    weights, joined = mix(TASK, encoder, linear, labels)
    np.testing.assert_allclose(Mixture(weights, TASK)(encoder, linear), joined, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_against_a_search_on_a_grid(seed):
    encoder, linear, labels = drawn(seed, 53, 3)
    most = (2.0, 3.0)
    loss, weights = least_log_loss(TASK, [encoder, linear], labels, most)
    assert loss == pytest.approx(log_loss(weights.mix([encoder, linear]), labels), abs=1e-9)
    grid = [
        log_loss(one * encoder + other * linear, labels)
        for one in np.linspace(0, most[0], 41)
        for other in np.linspace(0, most[1], 61)
    ]
    assert min(grid) - 0.01 < loss <= min(grid) + 1e-6


def test_certainty_has_bounds():
    """Otherwise, a few examples without mistakes would lead to arbitrarily confident predictions."""
    labels = np.array([0, 1, 2, 0, 1])
    right = np.eye(3)[labels]
    loss, weights = least_log_loss(TASK, [right, right], labels, (2.0, 5.0))
    np.testing.assert_allclose(weights.parts, [2, 5], atol=1e-6)
    assert loss == pytest.approx(log_loss(7 * right, labels))


def test_a_few_examples_without_mistakes_do_not_make_several_labels_certain():
    random, task = np.random.default_rng(0), make_task(several=True)
    for examples, least, most in ((20, 0.8, 0.97), (2000, 0.99, 1.0)):
        truth = (random.random((examples, 3)) < 0.4).astype(np.int8)
        logits = np.where(truth, 1.0, -1.0)
        _, weights = least_log_loss(task, [logits], truth, (16.0,))
        sure = task.numpy_probabilities(weights.mix([logits]))[truth > 0]
        assert least < sure.min() and sure.max() < most


def test_what_knows_nothing_has_no_share():
    labels = np.array([0, 1, 2] * 5)
    wrong = -np.eye(3)[labels]
    loss, weights = least_log_loss(TASK, [wrong], labels, (16.0,))
    assert weights.parts[0] == pytest.approx(LEAST_SHARE)
    assert loss == pytest.approx(np.log(3), abs=0.02)


def examples_of(count: int, seed: int, extra: str = "") -> Examples:
    random = np.random.default_rng(seed)
    labels = (np.arange(count) % len(TOPICS)).astype(np.int32)
    words = list(TOPICS.values())
    texts = [f"{' '.join(random.choice(words[label], 2))} {random.integers(99)} {extra}" for label in labels]
    return Examples(texts, labels, tuple(TOPICS), [f"texts.csv:{row}" for row in range(count)])


def fitted_ngrams(train: Examples, valid: Examples, class_weights: np.ndarray, seed: int) -> NgramFit:
    with ThreadPoolExecutor(1) as executor:
        texts = TrainingTexts(train.texts, train.labels, train.labels)
        return fit_ngrams(TASK, executor, Event(), TOKENIZER, texts, valid, class_weights, seed)


@pytest.fixture(scope="module")
def part():
    train, valid = examples_of(53, 1), examples_of(23, 2, extra="marmalade")
    return fitted_ngrams(train, valid, np.ones(3, np.float32), seed=5), train, valid


def test_what_validation_measures_knows_train_alone_and_what_is_exported_knows_both(part):
    fitted, _, valid = part
    chosen, final = fitted.chosen.result(), fitted.final.result()
    np.testing.assert_array_equal(chosen.valid_logits, logits_of(chosen.model, TOKENIZER, valid.texts))
    assert chosen.valid_logits.shape == (23, 3)
    assert (chosen.valid_logits.argmax(1) == valid.labels).all()
    for linear, known in ((chosen.model, False), (final, True)):
        logits = logits_of(linear, TOKENIZER, ["marmalade", ""])
        assert (np.abs(logits[0] - logits[1]).max() > 1e-6) == known


def assert_best(shares: dict[Recipe, float], answers: dict[Recipe, np.ndarray], labels: np.ndarray):
    """Checks that each method has the best strength, and that their sum has the lowest log-loss."""
    losses = {recipe: least_log_loss(TASK, [one], labels, [MOST_METHOD_SHARE])[0] for recipe, one in answers.items()}
    for chosen, method in zip(shares, STRENGTHS, strict=True):
        assert losses[chosen] == min(loss for recipe, loss in losses.items() if recipe.method is method)
    _, weights = least_log_loss(TASK, [answers[one] for one in shares], labels, [MOST_METHOD_SHARE] * len(shares))
    np.testing.assert_allclose(list(shares.values()), weights.parts, rtol=1e-4)


def test_strengths_and_shares_are_the_best_on_unseen_texts_of_train(part):
    fitted, train, _ = part
    values, ones = compute_tfidf(NgramCounter(TOKENIZER), train.texts, 3).values, np.ones(3, np.float32)
    answers = {recipe: out_of_fold_logits(TASK, values, train.labels, ones, recipe, seed=5) for recipe in RECIPES}
    assert_best(fitted.chosen.result().shares, answers, train.labels)


def test_strengths_and_shares_are_the_best_on_validation_where_that_is_large(part, monkeypatch):
    monkeypatch.setattr(hybrid, "ENOUGH_EXAMPLES", 23)
    _, train, valid = part
    fitted = fitted_ngrams(train, valid, np.ones(3, np.float32), seed=5)
    tfidf, answers = compute_tfidf(NgramCounter(TOKENIZER), train.texts, 3), {}
    for recipe in RECIPES:
        one = fit_ngram_model(TASK, tfidf, train.labels, np.ones(53), 3, {recipe: 1.0}, seed=5)
        answers[recipe] = logits_of(one, TOKENIZER, valid.texts)
    assert_best(fitted.chosen.result().shares, answers, valid.labels)
    whole = sum(share * answers[recipe] for recipe, share in fitted.chosen.result().shares.items())
    np.testing.assert_allclose(fitted.chosen.result().valid_logits, whole, atol=1e-4)


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_folds_answer_for_texts_that_they_have_not_seen(recipe):
    """Random labels can be memorized, but not predicted."""
    train, ones = examples_of(101, 3), np.ones(3, np.float32)
    values = compute_tfidf(NgramCounter(TOKENIZER), train.texts, 3).values
    by_lot = np.random.default_rng(0).permutation(train.labels)

    def loss(labels: np.ndarray) -> float:
        logits = out_of_fold_logits(TASK, values, labels, ones, recipe, seed=5)
        return least_log_loss(TASK, [logits], labels, [MOST_METHOD_SHARE])[0]

    assert loss(train.labels) < 0.3
    assert loss(by_lot) > 0.97 * np.log(3)


@pytest.mark.parametrize("rare", [0, 1])
def test_of_two_classes_one_may_have_a_single_example(rare):
    train, valid = examples_of(23, 1), examples_of(7, 2)
    two = [
        Examples(one.texts, np.where(np.arange(len(one)) == 3, rare, 1 - rare), ("a", "b"), one.origins)
        for one in (train, valid)
    ]
    fitted = fitted_ngrams(*two, np.ones(2, np.float32), seed=5)
    assert np.isfinite(fitted.chosen.result().valid_logits).all()


def test_the_same_seed_gives_the_same_part(part):
    fitted, train, valid = part
    again = fitted_ngrams(train, valid, np.ones(3, np.float32), seed=5)
    for one, other in (
        (fitted.chosen.result().model, again.chosen.result().model),
        (fitted.final.result(), again.final.result()),
    ):
        for mine, theirs in zip(one.variables, other.variables, strict=True):
            np.testing.assert_array_equal(mine.numpy(), theirs.numpy())


def test_a_class_with_more_weight_is_named_more_often(part):
    _, train, valid = part
    vague = logits_of(part[0].chosen.result().model, TOKENIZER, ["owl apple saw"])
    heavy = fitted_ngrams(train, valid, np.array([1, 1, 3], np.float32), seed=5)
    logits = logits_of(heavy.chosen.result().model, TOKENIZER, ["owl apple saw"])
    assert logits[0, 2] - logits[0, :2].max() > vague[0, 2] - vague[0, :2].max()


def test_logits_of_more_texts_than_one_batch(part, monkeypatch):
    fitted, train, _ = part
    whole = logits_of(fitted.chosen.result().model, TOKENIZER, train.texts)
    direct = fitted.chosen.result().model(TOKENIZER.words(tf.constant(train.texts)))
    np.testing.assert_allclose(whole, direct, rtol=1e-5)
    monkeypatch.setattr("classifier.tokenizers.base.BATCH", 7)
    np.testing.assert_allclose(logits_of(fitted.chosen.result().model, TOKENIZER, train.texts), whole, rtol=1e-5)
