"""Where the texts come from: the data sets, or texts drawn like them, of one length, or as many as are wanted."""

import math
import os
from dataclasses import dataclass, replace

import numpy as np

from classifier.training.batches import EncodedTexts
from training_speed.workloads import SEED, Workload, train_settings

VOCABULARY = 30_000  # entries at most


@dataclass(frozen=True, slots=True)
class Likeness:
    """A data set in numbers, for where it is not at hand; lengths are log-normal."""

    max_tokens: int
    median_tokens: float  # of the uncut texts
    log_spread: float  # standard deviation of the natural logarithm of the uncut lengths
    vocabulary_size: int
    classes: int
    steps: int  # of a round; IMDB's are long


DATA_SETS = {  # measured on the training splits, with the word tokenizer
    "sst2": Likeness(64, 18.1, 0.58, 13_843, 2, 60),
    "banking77": Likeness(64, 12.0, 0.50, 2_245, 77, 60),
    "imdb": Likeness(256, 237.6, 0.65, VOCABULARY, 2, 20),
}


def data_set(name: str) -> Workload:
    """The data set of that name where CLASSIFIER_DATA says where it is, else texts of like lengths.

    It imports TensorFlow where there is real text to encode.
    """
    return real(name) if os.environ.get("CLASSIFIER_DATA") else drawn(name)


def real(name: str) -> Workload:
    """The training split, its vocabulary learned and its texts encoded as in training."""
    from classifier.data import load_splits
    from classifier.start import start_tensorflow
    from classifier.training.batches import encode

    like = DATA_SETS[name]
    settings = train_settings((f"data={name}", f"tokenizer.max_tokens={like.max_tokens}"))
    train = load_splits(settings.data, settings.seed).train
    start_tensorflow()
    from hydra.utils import instantiate

    tokenizer = instantiate(settings.tokenizer)
    tokenizer.learn(train.texts)
    whole = Workload(
        name=name,
        source=name,
        texts=encode(tokenizer, train.texts)[0],
        labels=train.labels,
        vocabulary_size=len(tokenizer.vocabulary),
        classes=len(train.label_names),
        max_tokens=like.max_tokens,
        steps=like.steps,
    )
    return in_full_batches(whole)


def drawn(name: str, texts: int = 6_400) -> Workload:
    """Texts with log-normal lengths and Zipf-distributed ids, like those of the data set of that name."""
    like, random = DATA_SETS[name], np.random.default_rng(SEED)
    lengths = np.exp(random.normal(math.log(like.median_tokens), like.log_spread, texts))
    lengths = np.clip(lengths.round(), 1, like.max_tokens).astype(np.int64)
    return Workload(
        name=name,
        source=f"log-normal lengths like {name}",
        texts=texts_of(lengths, like.vocabulary_size, random),
        labels=random.integers(like.classes, size=texts, dtype=np.int32),
        vocabulary_size=like.vocabulary_size,
        classes=like.classes,
        max_tokens=like.max_tokens,
        steps=like.steps,
    )


def texts_of(lengths: np.ndarray, vocabulary_size: int, random: np.random.Generator) -> EncodedTexts:
    """Texts of the given lengths; the id of rank r has the probability 1 / r (Zipf), id 0 never occurs."""
    weights = 1 / np.arange(1, vocabulary_size)
    ids = random.choice(np.arange(1, vocabulary_size, dtype=np.int32), lengths.sum(), p=weights / weights.sum())
    return EncodedTexts(ids, np.concatenate([[0], np.cumsum(lengths)]))


def in_full_batches(workload: Workload) -> Workload:
    """Without the few last texts that would make a smaller batch, for which a compiler would compile once more."""
    size = workload.settings.trainer.batch_size
    return with_texts(workload, np.arange(len(workload.texts) // size * size))


def of_size(workload: Workload, texts: int) -> Workload:
    """So many of its texts, drawn with replacement, for whole epochs."""
    chosen = np.random.default_rng(SEED).integers(len(workload.texts), size=texts)
    return replace(with_texts(workload, chosen), name=f"{texts} examples", steps=0)


def of_length(tokens: int, steps: int, texts: int) -> Workload:
    """Texts that are all of the same length."""
    random = np.random.default_rng(SEED)
    return Workload(
        name=f"{tokens} tokens",
        source="fixed lengths",
        texts=texts_of(np.full(texts, tokens), VOCABULARY, random),
        labels=random.integers(2, size=texts, dtype=np.int32),
        vocabulary_size=VOCABULARY,
        classes=2,
        max_tokens=tokens,
        steps=steps,
    )


def with_texts(workload: Workload, chosen: np.ndarray) -> Workload:
    """The same with the chosen texts (indices) only."""
    pieces = [workload.texts.ids[workload.texts.starts[i] : workload.texts.starts[i + 1]] for i in chosen]
    starts = np.concatenate([[0], np.cumsum(workload.texts.lengths[chosen])])
    texts = EncodedTexts(np.concatenate(pieces).astype(np.int32), starts)
    return replace(workload, texts=texts, labels=workload.labels[chosen])
