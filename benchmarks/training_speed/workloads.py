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
    """Texts to train on, and for how long."""

    name: str  # unique among the workloads of a worker
    texts: EncodedTexts  # 0 is padding, 1 unknown
    labels: np.ndarray  # int32 (texts,)
    vocabulary_size: int  # ids are below it
    classes: int
    max_tokens: int  # of the longest text
    steps: int  # full batches of a round; 0: all batches of an epoch
    overrides: tuple[str, ...] = ()  # of conf/train.yaml

    @property
    def settings(self) -> Any:
        return train_settings((f"tokenizer.max_tokens={self.max_tokens}", *self.overrides))

    def batches(self) -> list[np.ndarray]:
        """The project's own batches, alike in length and shuffled, as arrays of indices; the same every round."""
        size = self.settings.trainer.batch_size
        batches = epoch_batches(self.texts.lengths, size, SEED, epoch=0)
        return [batch for batch in batches if len(batch) == size][: self.steps] if self.steps else batches

    def shapes(self) -> list[tuple[int, int]]:
        """(texts, tokens of the longest) of each batch."""
        return [(len(batch), int(self.texts.lengths[batch].max())) for batch in self.batches()]

    def warm_up_batches(self) -> list[np.ndarray]:
        """A batch of each shape that a round will meet, over and over up to WARM_UP_STEPS."""
        by_shape = dict(zip(self.shapes(), self.batches(), strict=True))
        return list(islice(cycle(by_shape.values()), max(len(by_shape), WARM_UP_STEPS)))

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

    def operations(self) -> float:
        """Floating-point operations of the matrix products of a round of ours, see docs/training_speed.md."""
        settings = self.settings
        width, inner, depth = settings.encoder.width, settings.encoder.intermediate_dim, settings.encoder.depth
        alone = settings.pooling["_target_"].rpartition(".")[2].removesuffix("Pooling").lower()
        poolings = list(settings.pooling.get("poolings", [alone]))  # side by side
        operations = 0.0
        for texts, tokens in self.shapes():
            positions = texts * tokens
            block = 8 * positions * width**2 + 4 * positions * tokens * width + 4 * positions * width * inner
            pooling = poolings.count("additive") * (2 * positions * width**2 + 4 * positions * width)
            head = 2 * texts * len(poolings) * width * self.classes
            operations += 3.0 * (depth * block + pooling + head)
        return operations

    def of_size(self, texts: int) -> "Workload":
        """So many of its texts, drawn with replacement, for whole epochs."""
        chosen = np.random.default_rng(SEED).integers(len(self.texts), size=texts)
        ids = np.concatenate([self.texts.ids[self.texts.starts[i] : self.texts.starts[i + 1]] for i in chosen])
        drawn = EncodedTexts(ids.astype(np.int32), np.concatenate([[0], np.cumsum(self.texts.lengths[chosen])]))
        return replace(self, name=f"{texts} examples", texts=drawn, labels=self.labels[chosen], steps=0)

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(self))


def load_workload(path: str) -> Workload:
    return pickle.loads(Path(path).read_bytes())


def save_data_set(name: str, path: str) -> None:
    """The training split, its vocabulary learned and its texts encoded as in training."""
    from hydra.utils import instantiate

    from classifier.data import load_splits
    from classifier.start import start_tensorflow
    from classifier.training.batches import encode

    settings = train_settings((f"data={name}", f"tokenizer.max_tokens={MAX_TOKENS.get(name, 64)}"))
    train = load_splits(settings.data, settings.seed).train
    start_tensorflow()
    tokenizer = instantiate(settings.tokenizer)
    tokenizer.learn(train.texts)
    texts, size = encode(tokenizer, train.texts)[0], len(tokenizer.vocabulary)
    classes, steps = len(train.label_names), STEPS.get(name, 60)
    Workload(name, texts, train.labels, size, classes, tokenizer.max_tokens, steps).save(Path(path))


def of_length(tokens: int, steps: int, texts: int) -> Workload:
    """Texts that are all of the same length; the id of rank r has the probability 1 / r (Zipf), id 0 never occurs."""
    random, weights = np.random.default_rng(SEED), 1 / np.arange(1, VOCABULARY)
    ids = random.choice(np.arange(1, VOCABULARY, dtype=np.int32), texts * tokens, p=weights / weights.sum())
    drawn = EncodedTexts(ids, np.arange(texts + 1) * tokens)
    return Workload(
        f"{tokens} tokens", drawn, random.integers(2, size=texts, dtype=np.int32), VOCABULARY, 2, tokens, steps
    )
