"""Writes data sets with Hugging Face's library: pip install datasets==5.2.0."""

import shutil
from pathlib import Path

from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value

HERE = Path(__file__).parent / "huggingface"
TEXTS = ["The lamp flickers at night", "çok iyi — thank you", "Nobody is at home", "Not labelled"]
NAMES = ["true", "01", "7"]


def dataset(labels, feature, texts=None):
    texts = TEXTS if texts is None else texts
    features = Features({"text": Value("string"), "label": feature})
    return Dataset.from_dict({"text": texts[: len(labels)], "label": labels}, features=features)


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    named = ClassLabel(names=NAMES)
    dataset([1, 0, 2, -1], named).save_to_disk(HERE / "named")
    dataset([1, 0, 2, 1], named).select([2, 0]).save_to_disk(HERE / "selected")
    dataset([[1], [0], [2, 1]], List(named)).save_to_disk(HERE / "lists")
    dataset(["01", "true", "01", "7"], Value("string")).save_to_disk(HERE / "strings", num_shards=2)
    dataset([1, 0, 2, -1], named).to_parquet(HERE / "named.parquet")
    splits = {"train": [1, 0, 2], "validation": [0, 1], "test": [2, 1]}
    DatasetDict({
        name: dataset(labels, named, [f"{name} {number}" for number in range(len(labels))])
        for name, labels in splits.items()
    }).save_to_disk(HERE / "splits")  # fmt: skip


if __name__ == "__main__":
    main()
