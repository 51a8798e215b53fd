"""What is trained on: encoded texts with labels, cut into the batches that every contender gets."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np

from classifier.settings import TrainSettings
from classifier.training.batches import EncodedTexts, epoch_batches

Train = Callable[[Sequence[np.ndarray]], None]  # one step for each batch, an array of indices of texts

SEED = 0
WARM_UP_STEPS = 12  # at least: not all that a training does happens in every step


@dataclass(frozen=True, slots=True)
class Workload:
    """Texts to train on, and for how long.

    Args:
        name: unique among the workloads of a worker.
        source: the data set's name, or how the texts were drawn.
        texts: token ids; 0 is padding, 1 unknown.
        labels: int32 (texts,).
        vocabulary_size: ids are below it.
        classes: number of labels.
        max_tokens: longest text.
        steps: batches of a round; 0: all of an epoch.
        overrides: of conf/train.yaml.
    """

    name: str
    source: str
    texts: EncodedTexts
    labels: np.ndarray
    vocabulary_size: int
    classes: int
    max_tokens: int
    steps: int
    overrides: tuple[str, ...] = ()

    @property
    def settings(self) -> TrainSettings:
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

    def counts(self) -> dict[str, Any]:
        """What a round goes through: texts, their tokens, and those with the padding of length buckets or of none."""
        shapes, chosen = self.shapes(), np.concatenate(self.batches())
        return {
            "source": self.source,
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
        """Writes all of it to one .npz file."""
        facts = {name: getattr(self, name) for name in FACTS}
        np.savez(path, ids=self.texts.ids, starts=self.texts.starts, labels=self.labels, facts=json.dumps(facts))


FACTS = ("name", "source", "vocabulary_size", "classes", "max_tokens", "steps", "overrides")


def load_workload(path: Path) -> Workload:
    """What `Workload.save` wrote."""
    with np.load(path) as file:
        facts = json.loads(str(file["facts"]))
        facts["overrides"] = tuple(facts["overrides"])
        return Workload(texts=EncodedTexts(file["ids"], file["starts"]), labels=file["labels"], **facts)


def train_settings(overrides: Sequence[str]) -> TrainSettings:
    """conf/train.yaml with overrides, as `python -m classifier.train` composes it."""
    from hydra import compose, initialize_config_dir
    from hydra.core.config_store import ConfigStore
    from hydra.core.global_hydra import GlobalHydra
    from omegaconf import OmegaConf

    from classifier.command_line.choices import CONF

    GlobalHydra.instance().clear()
    ConfigStore.instance().store(name="train_settings", node=TrainSettings)
    with initialize_config_dir(str(CONF), version_base="1.3"):
        settings: Any = OmegaConf.to_object(compose("train", list(overrides)))
    return settings
