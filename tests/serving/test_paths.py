"""A folder of any name holds a model: TensorFlow takes some characters of a path for patterns."""

import numpy as np
import pytest
from serving_texts import TEXTS

from classifier.serving.export import export_model
from classifier.serving.formats.halves import write_halves
from classifier.serving.publish import publish_model
from classifier.serving.saved_model import SavedClassifier

NAMES = ["third [v2]", "a [b", "back\\slash", "it's 100 % #1 {x} ?*", "Prüfung", "n" * 200]


@pytest.fixture(scope="module")
def expected(classifier) -> np.ndarray:
    return classifier.probabilities(TEXTS)


@pytest.mark.parametrize("name", NAMES)
def test_half_precision_and_a_published_model_load(untrained, model_folder, expected, tmp_path, name):
    write_halves(untrained, "float16", tmp_path / name / "half")
    np.testing.assert_allclose(SavedClassifier(tmp_path / name / "half").probabilities(TEXTS), expected, atol=0.02)
    published = publish_model(model_folder, str(tmp_path / name / name))
    np.testing.assert_array_equal(SavedClassifier(published).probabilities(TEXTS), expected)


def test_export_is_checked_in_a_folder_with_brackets(untrained, expected, tmp_path):
    folder = export_model(untrained, TEXTS, tmp_path / "back\\slash" / "third [v2]" / "model")
    np.testing.assert_allclose(SavedClassifier(folder).probabilities(TEXTS), expected, atol=1e-6)
