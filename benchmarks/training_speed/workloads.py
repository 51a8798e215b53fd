"""What is trained on: encoded texts with labels, cut into the batches that every contender gets."""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
from harness.project import train_settings

from classifier.training.batches import EncodedTexts, epoch_batches

Train = Callable[[Sequence[np.ndarray]], None]  # one step for each batch, an array of indices of texts

SEED = 0
WARM_UP_STEPS = 12  # at least: not all that a training does happens in every step
MAX_TOKENS = {"imdb": 256}  # of a text; 64 of other data sets
STEPS = {"imdb": 20}  # of a round; 60 of other data sets
VOCABULARY = 30_000  # of drawn texts


@dataclass(frozen=True, slots=True)
class Workload:
    """Texts to train on, and for how long.

    Args:
        name: unique among the workloads of a worker.
        texts: token ids; 0 is padding, 1 unknown.
        labels: int32 (texts,).
        vocabulary_size: ids are below it.
        classes: number of labels.
        max_tokens: longest text.
        steps: batches of a round; 0: all of an epoch.
        overrides: of conf/train.yaml.
    """

    name: str
    texts: EncodedTexts
    labels: np.ndarray
    vocabulary_size: int
    classes: int
    max_tokens: int
    steps: int
    overrides: tuple[str, ...] = ()

    @property
    def settings(self) -> Any:
        """The defaults of conf/train.yaml with this workload's `overrides`."""
        return train_settings((f"tokenizer.max_tokens={self.max_tokens}", *self.overrides))

    def batches(self) -> list[np.ndarray]:
        """The project's own batches, alike in length and shuffled, as arrays of indices; the same every round."""
        batches = epoch_batches(self.texts.lengths, self.settings.trainer.batch_size, SEED, epoch=0)
        return batches[: self.steps or None]

    def shapes(self) -> list[tuple[int, int]]:
        """(texts, tokens of the longest) of each batch."""
        return [(len(batch), int(self.texts.lengths[batch].max())) for batch in self.batches()]

    def warm_up_batches(self) -> list[np.ndarray]:
        """The first batch of each shape that a round will meet, over and over up to WARM_UP_STEPS."""
        first = {}
        for shape, batch in zip(self.shapes(), self.batches(), strict=True):
            first.setdefault(shape, batch)
        return list(islice(cycle(first.values()), max(len(first), WARM_UP_STEPS)))

    def counts(self) -> dict[str, int]:
        """What a round goes through: texts, their tokens, and those with the padding of length buckets or of none."""
        shapes, chosen = self.shapes(), np.concatenate(self.batches())
        return {
            "examples": len(chosen),
            "tokens": int(self.texts.lengths[chosen].sum()),
            "padded_tokens": sum(texts * longest for texts, longest in shapes),
            "fully_padded_tokens": len(chosen) * self.max_tokens,
            "steps": len(shapes),
            "batch_size": max(texts for texts, _ in shapes),
            "vocabulary_size": self.vocabulary_size,
            "max_tokens": self.max_tokens,
        }

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(self))

    def of_texts(self, chosen: np.ndarray, **changes: Any) -> "Workload":
        """The same with the chosen texts (indices) only."""
        pieces = [self.texts.ids[self.texts.starts[i] : self.texts.starts[i + 1]] for i in chosen]
        starts = np.concatenate([[0], np.cumsum(self.texts.lengths[chosen])])
        texts = EncodedTexts(np.concatenate(pieces).astype(np.int32), starts)
        return replace(self, texts=texts, labels=self.labels[chosen], **changes)

    def of_size(self, texts: int) -> "Workload":
        """So many of its texts, drawn with replacement, for whole epochs."""
        chosen = np.random.default_rng(SEED).integers(len(self.texts), size=texts)
        return self.of_texts(chosen, name=f"{texts} examples", steps=0)


def load_workload(path: str) -> Workload:
    return pickle.loads(Path(path).read_bytes())


def save_data_set(name: str, path: str) -> None:
    """The training split, encoded, without the last texts, whose smaller batch would have to be compiled as well."""
    from classifier.data import load_splits
    from classifier.start import start_tensorflow

    settings = train_settings((f"data={name}", f"tokenizer.max_tokens={MAX_TOKENS.get(name, 64)}"))
    splits = load_splits(settings.data, settings.seed)
    start_tensorflow()
    workload = encoded(name, settings, splits.train)
    size = settings.trainer.batch_size
    workload.of_texts(np.arange(len(workload.texts) // size * size)).save(Path(path))


def encoded(name: str, settings: Any, train: Any, overrides: tuple[str, ...] = ()) -> Workload:
    """A training split, its vocabulary learned and its texts encoded as in training; TensorFlow has been started."""
    from hydra.utils import instantiate

    from classifier.training.batches import encode

    tokenizer = instantiate(settings.tokenizer)
    tokenizer.learn(train.texts)
    return Workload(
        name=name,
        texts=encode(tokenizer, train.texts)[0],
        labels=train.labels,
        vocabulary_size=len(tokenizer.vocabulary),
        classes=len(train.label_names),
        max_tokens=tokenizer.max_tokens,
        steps=STEPS.get(name, 60),
        overrides=overrides,
    )


def of_length(tokens: int, steps: int, texts: int) -> Workload:
    """Texts that are all of the same length; the id of rank r has the probability 1 / r (Zipf), id 0 never occurs."""
    random, weights = np.random.default_rng(SEED), 1 / np.arange(1, VOCABULARY)
    ids = random.choice(np.arange(1, VOCABULARY, dtype=np.int32), texts * tokens, p=weights / weights.sum())
    return Workload(
        name=f"{tokens} tokens",
        texts=EncodedTexts(ids, np.arange(texts + 1) * tokens),
        labels=random.integers(2, size=texts, dtype=np.int32),
        vocabulary_size=VOCABULARY,
        classes=2,
        max_tokens=tokens,
        steps=steps,
    )
