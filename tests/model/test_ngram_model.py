"""The n-gram model has the same TF-IDF values and logits in the graph as in scikit-learn."""

import math
from collections import Counter

import numpy as np
import plain_ngrams
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from classifier.model.mixing import Weights
from classifier.model.mixture import Mixture
from classifier.model.ngram_fit import (
    Method,
    NgramCounter,
    Recipe,
    TfIdf,
    compute_tfidf,
    fit_ngram_model,
    frequent_keys,
)
from classifier.model.ngram_model import NgramModel
from classifier.tasks import make_task
from classifier.tokenizers import WordTokenizer

TOKENIZER = WordTokenizer()
TASK = make_task(several=False)
VOCABULARY = [
    "owl",
    "wren",
    "kite",
    "saw",
    "axe",
    "file",
    "apple",
    "pear",
    "plum",
    "größer",
    "дом",
    "שלום",
    "한국어",
    "a",
]
STRANGE = ["", "zzyzx qwfpg", "owl owl owl 中文 owl", "saw! (axe) file?", "owlet wrench kites", "\ud800 дом"]
SVM, NB_SVM, REGRESSION = (Recipe(method, 0.7) for method in Method)
TOLERANCE = 2e-3  # tolerance of margins, at which the solver stops
quick = settings(deadline=None, max_examples=15, derandomize=True)


def drawn(count: int, classes: int, seed: int) -> tuple[list[str], np.ndarray]:
    """Returns texts of 0 to 6 words, whose words depend on the class, with at least one text per class."""
    random = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), random.integers(0, classes, count - classes)]).astype(np.int32)
    texts = []
    for label in labels:
        likely = np.where(np.arange(len(VOCABULARY)) % classes == label, 5.0, 1.0)
        texts.append(" ".join(random.choice(VOCABULARY, random.integers(0, 7), p=likely / likely.sum())))
    return texts, labels


def fitted(texts: list[str], labels: np.ndarray, recipe: Recipe = NB_SVM, seed: int = 3) -> NgramModel:
    classes = int(labels.max()) + 1
    tfidf = compute_tfidf(NgramCounter(TOKENIZER), texts, classes)
    return fit_ngram_model(TASK, tfidf, labels, np.ones(len(labels)), classes, {recipe: 1.0}, seed)


def logits_of(linear: NgramModel, texts: list[str]) -> np.ndarray:
    return linear(TOKENIZER.words(tf.constant([text.encode("utf-8", "replace") for text in texts]))).numpy()


def words_of(text: str) -> list[str]:
    return [word.decode() for word in TOKENIZER.words(tf.constant([text.encode("utf-8", "replace")])).values.numpy()]


# scikit-learn's options for the two kinds: words and pairs of words, and characters within words
SKLEARN_KINDS = {
    "words": (
        {"ngram_range": (1, 2), "tokenizer": words_of, "token_pattern": None},
        lambda name: tuple(name.split(" ")),
    ),
    "characters": ({"ngram_range": (3, 5), "analyzer": "char_wb"}, str),
}


@pytest.mark.parametrize("kind", SKLEARN_KINDS)
def test_tfidf_is_that_of_scikit_learn(kind):
    texts, _ = drawn(53, 3, seed=1)
    options, ngram_of = SKLEARN_KINDS[kind]
    vectorizer = TfidfVectorizer(lowercase=False, sublinear_tf=True, min_df=2, **options)
    expected = vectorizer.fit_transform(texts).toarray()
    ours = compute_tfidf(NgramCounter(TOKENIZER), texts, 3)
    keys = [plain_ngrams.key(ngram_of(name)) for name in vectorizer.get_feature_names_out()]
    columns = np.searchsorted(ours.keys, keys)
    np.testing.assert_array_equal(ours.keys[columns], keys)
    np.testing.assert_allclose(ours.values.toarray()[:, columns], expected, atol=1e-12)
    np.testing.assert_allclose(ours.idf[columns], vectorizer.idf_, rtol=1e-12)


def test_words_and_characters_are_all_there_is():
    texts, _ = drawn(53, 3, seed=1)
    ours = compute_tfidf(NgramCounter(TOKENIZER), texts, 3)
    with_words = np.array([bool(text) for text in texts])
    texts_with = Counter(
        ngram
        for text in texts
        for ngram in {*plain_ngrams.word_ngrams(text.split()), *plain_ngrams.character_ngrams(text.split())}
    )
    expected = sorted(plain_ngrams.key(ngram) for ngram, count in texts_with.items() if count > 1)
    assert ours.keys.tolist() == expected
    squares = ours.values.multiply(ours.values).sum(axis=1)
    np.testing.assert_allclose(np.ravel(squares), 2.0 * with_words, atol=1e-12)  # each kind has norm 1


def margins(tfidf: TfIdf, mine: np.ndarray, sample_weights: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Returns scikit-learn's decision function for one class against the rest, with or without log-count ratios."""
    values = tfidf.values.toarray()
    if recipe.method is Method.nb_svm:
        inside, outside = (1 + (values[rows] > 0).sum(axis=0) for rows in (mine, ~mine))
        values = values * np.log((inside / inside.sum()) / (outside / outside.sum()))
    svm = LinearSVC(C=recipe.inverse_regularization, random_state=3, tol=1e-9, max_iter=10**6)
    return svm.fit(values, mine, sample_weights).decision_function(values)


@pytest.mark.parametrize("recipe", [SVM, NB_SVM], ids=str)
@pytest.mark.parametrize("classes", [2, 3, 13])
def test_logits_are_the_margins_of_scikit_learn(classes, recipe):
    texts, labels = drawn(101, classes, seed=classes)
    tfidf = compute_tfidf(NgramCounter(TOKENIZER), texts, classes)
    sample_weights = np.random.default_rng(5).uniform(0.5, 2, len(texts))
    expected = np.stack([margins(tfidf, labels == one, sample_weights, recipe) for one in range(classes)], axis=1)
    ours = logits_of(fit_ngram_model(TASK, tfidf, labels, sample_weights, classes, {recipe: 1.0}, seed=3), texts)
    np.testing.assert_allclose(ours, expected, atol=TOLERANCE)
    assert (ours.argmax(1) == labels).mean() > 0.5


@pytest.mark.parametrize("classes", [2, 3, 13])
def test_probabilities_are_those_of_scikit_learns_regression(classes):
    texts, labels = drawn(101, classes, seed=classes)
    tfidf = compute_tfidf(NgramCounter(TOKENIZER), texts, classes)
    sample_weights = np.random.default_rng(5).uniform(0.5, 2, len(texts))
    regression = LogisticRegression(C=0.7, tol=1e-9, max_iter=10**5).fit(tfidf.values, labels, sample_weights)
    logits = logits_of(fit_ngram_model(TASK, tfidf, labels, sample_weights, classes, {REGRESSION: 1.0}, seed=3), texts)
    # for two classes, scikit-learn only has the difference; here, each class has it with its sign, as for an SVM
    ours = softmax(logits / 2 if classes == 2 else logits, axis=1)
    np.testing.assert_allclose(ours, regression.predict_proba(tfidf.values), atol=TOLERANCE)


@pytest.mark.parametrize("classes", [2, 5])
def test_a_sum_of_classifiers_is_their_weighted_sum(classes):
    texts, labels = drawn(101, classes, seed=4)
    tfidf, ones = compute_tfidf(NgramCounter(TOKENIZER), texts, classes), np.ones(101)
    shares = {SVM: 0.3, NB_SVM: 2.0, REGRESSION: 1.1}
    expected = sum(
        share * logits_of(fit_ngram_model(TASK, tfidf, labels, ones, classes, {recipe: 1.0}, seed=3), STRANGE)
        for recipe, share in shares.items()
    )
    ours = logits_of(fit_ngram_model(TASK, tfidf, labels, ones, classes, shares, seed=3), STRANGE)
    np.testing.assert_allclose(ours, expected, atol=1e-5)


@pytest.mark.parametrize("classes", [2, 3, 13])
def test_logits_are_those_of_the_solver_but_for_rounding(classes):
    texts, labels = drawn(101, classes, seed=classes)
    tfidf = compute_tfidf(NgramCounter(TOKENIZER), texts, classes)
    ours = logits_of(fit_ngram_model(TASK, tfidf, labels, np.ones(101), classes, {SVM: 1.0}, seed=3), texts)
    for one in range(classes) if classes > 2 else (1,):
        svm = LinearSVC(C=0.7, random_state=3).fit(tfidf.values, labels == one)
        np.testing.assert_allclose(
            ours[:, one], svm.decision_function(tfidf.values), atol=1e-3
        )  # tolerance of the solver
    if classes == 2:
        np.testing.assert_allclose(ours[:, 0], -ours[:, 1], atol=1e-6)


@pytest.mark.parametrize("recipe", [SVM, NB_SVM, REGRESSION], ids=str)
def test_a_class_without_examples_is_never_the_answer(recipe):
    texts, labels = drawn(101, 3, seed=8)
    tfidf = compute_tfidf(NgramCounter(TOKENIZER), texts, 5)
    places = np.array([0, 2, 4])[labels]
    ours = logits_of(fit_ngram_model(TASK, tfidf, places, np.ones(101), 5, {recipe: 1.0}, seed=3), texts)
    assert ours.shape == (101, 5) and not np.isin(ours.argmax(1), [1, 3]).any()


@pytest.mark.parametrize("recipe", [SVM, NB_SVM, REGRESSION], ids=str)
@pytest.mark.parametrize("absent", [0, 1])
def test_of_two_classes_one_may_be_without_examples(absent, recipe):
    texts, _ = drawn(53, 2, seed=8)
    tfidf, labels = compute_tfidf(NgramCounter(TOKENIZER), texts, 2), np.full(53, 1 - absent)
    ours = logits_of(fit_ngram_model(TASK, tfidf, labels, np.ones(53), 2, {recipe: 1.0}, seed=3), texts)
    assert (ours.argmax(1) == 1 - absent).all()


@pytest.mark.parametrize("classes", [2, 3])
def test_logits_of_any_text_are_sums_over_its_ngrams(classes):
    """Also for texts that do not occur in the training data."""
    linear = fitted(*drawn(101, classes, seed=7))
    keys, idf, weights, bias = (one.numpy() for one in (linear.keys, linear.idf, linear.weights, linear.bias))
    assert weights.shape == (len(idf), classes)
    places = {key: place for place, key in enumerate(keys.tolist())}
    for text, logits in zip(STRANGE, logits_of(linear, STRANGE), strict=True):
        total = bias.astype(np.float64)
        for kind in (plain_ngrams.word_ngrams, plain_ngrams.character_ngrams):
            features = Counter(places.get(plain_ngrams.key(ngram)) for ngram in kind(words_of(text)))
            features.pop(None, None)
            values = {feature: (1 + math.log(count)) * idf[feature] for feature, count in features.items()}
            length = math.hypot(*values.values())
            total = total + sum(value / length * weights[feature] for feature, value in values.items())
        np.testing.assert_allclose(logits, total, atol=1e-5)


def test_unknown_ngrams_say_nothing():
    linear = fitted(*drawn(53, 3, seed=2))
    bias = linear.bias.numpy()
    np.testing.assert_array_equal(logits_of(linear, ["", "zzyzx", "qwfpg zzyzx 中文"]), [bias] * 3)
    np.testing.assert_allclose(logits_of(linear, ["owl 中"]), logits_of(linear, ["owl"]), atol=1e-6)


def test_the_order_of_words_counts_through_pairs():
    texts, labels = ["owl kite", "kite owl"] * 30, np.array([0, 1] * 30)
    assert (logits_of(fitted(texts, labels), texts).argmax(1) == labels).all()


@pytest.mark.parametrize("texts", [["alpha", "brown", "cider"], ["", " ", ""], ["owl"] + [""] * 2])
def test_without_any_repeated_ngram_there_is_nothing_to_learn(texts):
    linear = fitted(texts, np.array([0, 1, 2]))
    np.testing.assert_array_equal(logits_of(linear, [*texts, "owl"]), [linear.bias.numpy()] * (len(texts) + 1))


@given(texts=st.lists(st.text(max_size=13) | st.sampled_from(STRANGE), min_size=1, max_size=7))
@quick
def test_any_text_has_finite_logits_that_do_not_depend_on_its_neighbours(fit_once, texts):
    together = logits_of(fit_once, texts)
    assert np.isfinite(together).all()
    np.testing.assert_allclose(together, np.concatenate([logits_of(fit_once, [text]) for text in texts]), atol=1e-6)


@pytest.fixture(scope="module")
def fit_once() -> NgramModel:
    return fitted(*drawn(53, 3, seed=2))


def test_the_same_seed_gives_the_same_weights():
    one, other = (fitted(*drawn(101, 3, seed=4), seed=5) for _ in range(2))
    for mine, again in zip(one.variables, other.variables, strict=True):
        np.testing.assert_array_equal(mine.numpy(), again.numpy())


def test_the_batches_of_counting_do_not_matter(monkeypatch):
    texts, _ = drawn(53, 3, seed=6)
    whole = compute_tfidf(NgramCounter(TOKENIZER), texts, 3)
    monkeypatch.setattr("classifier.tokenizers.base.BATCH", 7)
    parts = compute_tfidf(NgramCounter(TOKENIZER), texts, 3)
    np.testing.assert_array_equal(parts.keys, whole.keys)
    np.testing.assert_allclose(parts.values.toarray(), whole.values.toarray(), atol=1e-12)


def test_of_too_many_features_the_most_frequent_are_kept():
    keys = [np.array([2, 3, 5, 5, 7]), np.array([3, 5, 7, 11])]
    assert frequent_keys(keys, 9).tolist() == [3, 5, 7]
    assert frequent_keys(keys, 2).tolist() == [3, 5]
    assert frequent_keys(keys, 1).tolist() == [5]
    assert len(frequent_keys([np.array([2, 3]), np.array([5])], 9)) == 1  # the placeholder if no n-gram is frequent


def test_a_mixture_is_a_weighted_sum():
    random = np.random.default_rng(0)
    encoder, linear = random.normal(size=(2, 5, 3)).astype(np.float32)
    normalised = encoder - np.log(np.exp(encoder).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(
        Mixture(Weights(np.array([0.3, 7.0])), TASK)(encoder, linear), 0.3 * normalised + 7 * linear, atol=1e-5
    )
