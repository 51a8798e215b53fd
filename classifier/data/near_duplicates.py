"""Finds texts that are nearly the same: with typos, added words or other numbers.

Texts are compared by their shingles, the runs of SHINGLE characters, without regard to case, punctuation and the
values of numbers. Their similarity is the share of common ones among all of their shingles (Jaccard), of a long text
among the MOST_SHINGLES with the least hashes. Candidates are found by MinHash and banding (Broder 1997, "On the
resemblance and containment of documents"; Leskovec, Rajaraman and Ullman 2014, "Mining of massive datasets", section
3.4), so that the time grows with the number of texts, not of pairs.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier.data.text_form import text_form

SHINGLE = 4  # characters
MOST_SHINGLES = 512  # of a text
LEAST_SIMILARITY = 0.7
BANDS, ROWS = 32, 4  # of the MinHash: two texts with LEAST_SIMILARITY are missed with probability (1 - 0.7^4)^32 < 1e-3
PRIME = np.uint64(2**31 - 1)
NUMBERS, APART = re.compile(r"\d+(?:[.,:]\d+)*"), re.compile(r"\W+|_")
BASE = np.uint64(1_000_003)  # of the polynomial hash of a shingle
MIXER = np.uint64(0x9E3779B97F4A7C15)  # an odd number that spreads the hashes, modulo 2**64


class Pair(NamedTuple):
    """Two similar texts by index, the earlier one first, and their similarity."""

    first: int
    second: int
    similarity: float


def near_duplicates(texts: Sequence[str], least: float = LEAST_SIMILARITY) -> list[Pair]:
    """Returns pairs of similar texts, sorted by the index of the second.

    Texts that are the same without regard to case, punctuation and numbers have a similarity of 1. Of a group of more
    than two such texts, each is paired with the first, and only the first with other texts. Of many similar texts, not
    every pair is found.

    Args:
        texts: the texts.
        least: lowest similarity of a pair, from 0 to 1.
    """
    first_of: dict[str, int] = {}
    pairs, different = [], []
    for place, text in enumerate(texts):
        form = comparable(text)
        earlier = first_of.setdefault(form, place)
        if earlier == place:
            different.append((place, form))
        elif form:
            pairs.append(Pair(earlier, place, 1.0))
    shingles = [distinct_shingles(form) for _, form in different]
    places = [place for place, _ in different]
    for one, other in candidates(shingles):
        common = len(np.intersect1d(shingles[one], shingles[other], assume_unique=True))
        similarity = common / max(1, len(shingles[one]) + len(shingles[other]) - common)
        if similarity >= least:
            pairs.append(Pair(places[one], places[other], similarity))
    return sorted(pairs, key=lambda pair: (pair.second, pair.first))


def comparable(text: str) -> str:
    """Returns the text in lower case, with 0 for each number, and one space in place of punctuation and blanks.

    >>> comparable("Order No. 4,512 -- WHERE is it??"), comparable("order no 77 where is it")
    ('order no 0 where is it', 'order no 0 where is it')
    """
    return APART.sub(" ", NUMBERS.sub("0", text_form(text).lower())).strip()


def distinct_shingles(form: str) -> NDArray[np.uint64]:
    """Returns the hashes of the different shingles of a text, in ascending order, at most the least MOST_SHINGLES.

    A text that is shorter than a shingle is one.
    """
    codes = np.frombuffer(f" {form} ".encode("utf-32-le"), np.uint32).astype(np.uint64)
    length = min(SHINGLE, len(codes))
    hashes = np.zeros(len(codes) - length + 1, np.uint64)
    for shift in range(length):
        hashes = hashes * BASE + codes[shift : shift + len(hashes)]
    return np.unique(hashes * MIXER % PRIME)[:MOST_SHINGLES]


def candidates(shingles: Sequence[NDArray[np.uint64]]) -> Iterator[tuple[int, int]]:
    """Yields pairs of indices, the smaller one first, that agree in a band; each pair once.

    Of many texts that agree in a band, each is paired with the first and with the one before it.
    """
    if len(shingles) < 2:
        return
    signatures, seen = minhash(shingles), set[tuple[int, int]]()
    for band in range(BANDS):
        rows = np.ascontiguousarray(signatures[:, band * ROWS : (band + 1) * ROWS])
        _, bucket = np.unique(rows.view(f"V{rows.itemsize * ROWS}").ravel(), return_inverse=True)
        order = np.argsort(bucket, kind="stable")
        ends = np.flatnonzero(np.diff(bucket[order], append=-1))
        for start, end in zip([0, *(ends[:-1] + 1)], ends + 1, strict=True):
            alike = order[start:end].tolist()
            for place in range(1, len(alike)):
                for pair in {(alike[0], alike[place]), (alike[place - 1], alike[place])} - seen:
                    seen.add(pair)
                    yield pair


def minhash(shingles: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint32]:
    """Returns signatures (texts, BANDS * ROWS): the least hash of the shingles of a text by each hash function."""
    random = np.random.default_rng(0)
    factors, terms = random.integers(1, int(PRIME), (2, BANDS * ROWS), np.uint64)
    starts = np.cumsum([0, *(len(one) for one in shingles[:-1])])
    values = np.concatenate(shingles)
    found = np.empty((len(shingles), BANDS * ROWS), np.uint32)
    for number, (factor, term) in enumerate(zip(factors, terms, strict=True)):
        found[:, number] = np.minimum.reduceat((values * factor + term) % PRIME, starts)
    return found
