"""Rows a second and peak memory of `classifier.score`, on a tenth of the rows and on all of them.

    python benchmarks/scoring.py <folder of a SavedModel> [--rows 1000000] [--words 10] [--format csv]

Memory is flat where both lines show nearly the same peak.
"""

import argparse
import csv
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "classifier" / "data" / "embedded" / "train.csv"
WORDS = ["the", "parcel", "never", "came", "and", "nobody", "answers", "please", "send", "it", "again", "thank", "you"]


def corpus_words() -> list[str]:
    """The words of the embedded corpus in their order, or some words where it is not there."""
    if not CORPUS.exists():
        return WORDS
    with open(CORPUS, newline="", encoding="utf-8") as file:
        return [word for row in csv.DictReader(file) for word in row["text"].split()]


def sampled_rows(rows: int, words: int, seed: int = 0) -> Iterator[tuple[int, str]]:
    """Numbered texts: runs of `words` words on average, of any length from 1 to twice that."""
    corpus, random_ = corpus_words(), random.Random(seed)
    for number in range(rows):
        start, length = random_.randrange(len(corpus)), random_.randint(1, 2 * words - 1)
        yield number, " ".join(corpus[start : start + length])


def write_rows(path: Path, rows: int, words: int) -> None:
    """A CSV or JSON Lines file with the columns id and text."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        if path.suffix == ".csv":
            writer = csv.writer(file)
            writer.writerow(["id", "text"])
            writer.writerows(sampled_rows(rows, words))
        else:
            file.writelines(json.dumps({"id": n, "text": text}) + "\n" for n, text in sampled_rows(rows, words))


def measure(model: Path, rows: int, words: int, ending: str) -> dict[str, float]:
    """The summary that the command writes."""
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / f"rows.{ending}"
        write_rows(given, rows, words)
        arguments = [f"model={model}", f"input={given}", f"output={folder}/scored.{ending}", f"hydra.run.dir={folder}"]
        subprocess.run([sys.executable, "-m", "classifier.score", *arguments], cwd=ROOT, check=True)
        return json.loads((Path(folder) / "summary.json").read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of a SavedModel")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--words", type=int, default=10, help="of a text, on average")
    parser.add_argument("--format", choices=["csv", "jsonl"], default="csv")
    options = parser.parse_args()
    for rows in (options.rows // 10, options.rows):
        done = measure(options.model.resolve(), rows, options.words, options.format)
        print(
            f"{rows:>9,} rows: {done['rows_per_second']:,.0f} rows/s, {done['seconds']:,.1f} s in all, "
            f"peak {done['peak_memory_mb']:,.0f} MB",
            flush=True,
        )


if __name__ == "__main__":
    main()
