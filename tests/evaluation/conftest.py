"""Simulated splits: labels, and probabilities that are usually right."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def simulate():
    """simulate(examples, classes, seed=0, absent=()) -> (examples,) labels and (examples, classes) probabilities."""

    def simulated(examples, classes, seed=0, absent=()):
        generator = np.random.default_rng(seed)
        labels = generator.choice(np.setdiff1d(np.arange(classes), absent), examples)
        logits = generator.normal(size=(examples, classes))
        logits[np.arange(examples), labels] += 2
        weights = np.exp(logits)
        return labels, (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)

    return simulated
