"""Splits examples at random, with the classes in proportion."""

from collections.abc import Sequence

import numpy as np

from classifier.data.text_form import text_form


def stratified(texts: Sequence[str], labels: np.ndarray, shares: Sequence[float], seed: int) -> list[np.ndarray]:
    """Returns the indices of the remainder, then of one part for each share, each in ascending order.

    Texts with the same `text_form` stay together, and stay in the remainder if their labels differ. A class with more
    different texts than there are shares is in every part and in the remainder; a smaller class is only in the
    remainder.
    """
    copies: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        copies.setdefault(text_form(text), []).append(place)
    groups = [places for places in copies.values() if len(set(labels[places].tolist())) == 1]
    label_of_group = np.array([labels[places[0]] for places in groups], dtype=np.int64)
    part_of = np.zeros(len(texts), dtype=np.int64)
    random = np.random.default_rng(seed)
    before = 0
    for label in np.unique(label_of_group):
        members = random.permutation(np.flatnonzero(label_of_group == label))
        parts = np.repeat(np.arange(1, len(shares) + 1), _part_sizes(before, len(members), shares))
        for group, part in zip(members, parts, strict=False):
            part_of[groups[group]] = part
        before += len(members)
    return [np.flatnonzero(part_of == part) for part in range(len(shares) + 1)]


def _part_sizes(before: int, count: int, shares: Sequence[float]) -> list[int]:
    """Returns how many of the `count` texts of a class each part gets, after `before` texts of other classes."""
    sizes: list[int] = []
    if count <= len(shares):
        return [0] * len(shares)
    for later, share in zip(reversed(range(len(shares))), shares, strict=True):
        # Rounding the running total instead of each class preserves the overall share even with many small classes.
        due = round(share * (before + count)) - round(share * before)
        sizes.append(min(max(due, 1), count - sum(sizes) - later - 1))
    return sizes
