"""Each kind of tokenizer and encoder in a whole model with n-grams: saved, loaded and explained."""

from pathlib import Path

import numpy as np
import pytest

from classifier.artifact.saved_model import SavedClassifier
from classifier.artifact.saving import save_module
from classifier.encoders import MeanPooling
from classifier.encoders.encoder import Encoder
from classifier.encoders.pretrained import build_pretrained
from classifier.explanation.explanation import contrasts_of
from classifier.explanation.saved_explainer import SavedExplainer
from classifier.model.classifier_module import ClassifierModule
from classifier.model.mixing import Weights
from classifier.model.ngram_fit import Method, NgramCounter, Recipe, compute_tfidf, fit_ngram_model
from classifier.pretrained import find_checkpoint, read_tokenizer
from classifier.settings import PretrainedSettings
from classifier.tasks import make_task
from classifier.tokenizers import pretrained_tokenizer

REFERENCES = Path(__file__).parent / "references"
TEXTS = ["it's late, again", "where is  my refund?", "love it", "late refund"] * 2
LABELS = ("late", "refund", "praise")
TARGETS = np.array([0, 1, 2, 0] * 2)


@pytest.fixture(scope="module", params=["roberta", "albert"])
def module(request):
    folder = str(REFERENCES / request.param)
    tokenizer = pretrained_tokenizer(read_tokenizer(Path(folder)), max_tokens=19)
    checkpoint, pooling = find_checkpoint(folder), MeanPooling(name="pooling")
    model = build_pretrained(checkpoint, PretrainedSettings(source=folder), pooling, len(LABELS))
    tfidf = compute_tfidf(NgramCounter(tokenizer), TEXTS, len(LABELS))
    recipes = {Recipe(Method.nb_svm, 1.0): 1.0}
    ngrams = fit_ngram_model(make_task(False), tfidf, TARGETS, np.ones(len(TEXTS)), len(LABELS), recipes, seed=3)
    return ClassifierModule(Encoder(model, tokenizer), LABELS, ngrams, Weights(np.array([0.7, 3.0])))


def test_it_is_saved_and_explained_by_words(module, tmp_path):
    names = {"serving_default": module.classify, "explain": module.explain, "label_names": module.label_names}
    save_module(module, tmp_path, names)
    saved = SavedClassifier(tmp_path)
    probabilities = saved.probabilities(TEXTS)
    np.testing.assert_allclose(probabilities, module.probabilities(TEXTS), atol=1e-5)
    assert probabilities.argmax(axis=1).tolist() == TARGETS.tolist()
    explainer = SavedExplainer(saved)
    contrasts = contrasts_of(probabilities.argmax(axis=1), len(LABELS), several=False)
    (explained,) = [one for _, one in explainer.explain(TEXTS[1:2], probabilities[1:2], contrasts[1:2])]
    assert explained.written == ["where", "is", "my", "refund", "?"]
    assert set(explained.places[1:-1]) == set(range(5))
    assert explained.incompleteness < 0.01
    explainer.occlude([explained])
    assert all(len(scores) == 5 for scores in explained.scores.values())
