"""Wrong labels are those of which the model is less confident than it usually is of the class."""

import numpy as np

from classifier.auditing.label_errors import label_errors


def test_the_confident_joint_of_the_paper():
    """The example of two classes: the threshold of a class is the mean probability of the texts with its label."""
    likely = np.tile([0.9, 0.8, 0.1, 0.3, 0.2, 0.9], 4)
    probabilities = np.stack([likely, 1 - likely], axis=1)
    labels = np.tile([0, 0, 0, 1, 1, 1], 4)
    found = label_errors(probabilities, labels)  # thresholds 0.6 and 0.5333
    assert found.suspicious.tolist() == [False, False, True, False, False, True] * 4
    assert found.suggested[[2, 5]].tolist() == [1, 0]
    np.testing.assert_allclose(found.scores, np.tile([0.1, 0.2, 0.9, 0.3, 0.2, 0.9], 4))


def test_a_class_that_its_models_hardly_know_is_neither_suggested_nor_suspected():
    probabilities = np.array([[0.6, 0.39, 0.01]] * 20 + [[0.39, 0.6, 0.01]] * 20 + [[0.9, 0.09, 0.01]])
    labels = np.array([0] * 20 + [1] * 20 + [2])
    assert not label_errors(probabilities, labels).suspicious.any()


def test_a_class_without_texts_is_never_suggested():
    probabilities = np.array([[0.5, 0.1, 0.4], [0.2, 0.1, 0.7], [0.1, 0.8, 0.1]])
    found = label_errors(probabilities, np.array([0, 2, 0]))
    assert not found.suspicious.any()
