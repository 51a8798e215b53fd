"""Splits texts with several labels each, so that every label has its share in every part."""

from collections.abc import Sequence

import numpy as np

from classifier.data.text_form import text_form

NONE = -1  # in place of a label, for texts without any


def stratified_sets(texts: Sequence[str], labels: np.ndarray, shares: Sequence[float], seed: int) -> list[np.ndarray]:
    """Returns the indices of the remainder, then of one part for each share, each in ascending order.

    Iterative stratification (Sechidis, Tsoumakas and Vlahavas 2011, "On the stratification of multi-label data",
    algorithm 1): the label with the fewest texts left is distributed first, each text to the part that still wants most
    texts of this label. Texts with the same `text_form` stay together, and a label with a single one of them stays in
    the remainder.

    Args:
        texts: the texts.
        labels: whether each text has each label, (texts, classes).
        shares: share of each part, between 0 and 1.
        seed: seed of the order in which the texts of a label are distributed.
    """
    copies: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        copies.setdefault(text_form(text), []).append(place)
    groups = list(copies.values())
    sizes = np.array([len(places) for places in groups])
    counts = np.array([labels[places].sum(axis=0, dtype=np.int64) for places in groups])
    parts = distribute(counts, sizes, np.array([1 - sum(shares), *shares]), seed)
    part_of = np.zeros(len(texts), np.int64)
    for group, part in zip(groups, parts, strict=True):
        part_of[group] = part
    return [np.flatnonzero(part_of == part) for part in range(len(shares) + 1)]


def distribute(counts: np.ndarray, sizes: np.ndarray, shares: np.ndarray, seed: int) -> np.ndarray:
    """Returns the part of each group of texts, (groups,).

    Args:
        counts: texts of each group with each label, (groups, classes).
        sizes: texts of each group, (groups,).
        shares: share of each part, which add up to 1, (parts,).
        seed: seed of the order.
    """
    random = np.random.default_rng(seed)
    groups = len(counts)
    parts, left = np.zeros(groups, np.int64), np.ones(groups, bool)
    wanted = shares[:, None] * counts.sum(axis=0)  # texts of each label that each part still wants
    wanted_texts = shares * sizes.sum()
    groups_of = (counts > 0).sum(axis=0)
    remaining = groups_of.copy()
    while left.any():
        label = int(np.where(remaining > 0, remaining, groups + 1).argmin()) if remaining.any() else NONE
        members = np.flatnonzero(left if label == NONE else left & (counts[:, label] > 0))
        for group in random.permutation(members):
            if label == NONE:
                part = int(wanted_texts.argmax())
            elif groups_of[label] == 1:
                part = 0
            else:
                most = wanted[:, label]
                part = int(max(np.flatnonzero(most == most.max()), key=lambda one: wanted_texts[one]))
            parts[group], left[group] = part, False
            wanted[part] -= counts[group]
            wanted_texts[part] -= sizes[group]
            remaining -= counts[group] > 0
    return parts
