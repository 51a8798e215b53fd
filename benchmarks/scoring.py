"""Where the time of `classifier.score` goes, from Parquet to Parquet, and how much memory it takes.

    python benchmarks/scoring.py <folder of a SavedModel> [--rows 100000] [--words 10 50 230]
    python benchmarks/scoring.py <folder of a SavedModel> --profile
    python benchmarks/scoring.py <folder of a SavedModel> --rows 1000000 --words 40 --memory

Texts are runs of words of IMDB's reviews, where CLASSIFIER_DATA names a folder that has it, or of the embedded corpus.
With --memory a tenth of the rows is scored first: memory is flat where both lines show nearly the same peak.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[1]
EMBEDDED = ROOT / "classifier" / "data" / "embedded" / "train.csv"
BLOCK = 10_000  # rows written at a time; twice as many words are profiled
ROUNDS = 3  # interleaved; medians are told


def corpus_words() -> list[str]:
    """The words of IMDB's training reviews, or of the embedded corpus, in their order."""
    reviews = Path(os.environ.get("CLASSIFIER_DATA", "data")) / "imdb" / "train.parquet"
    if reviews.exists():
        texts = pq.read_table(reviews, columns=["text"]).column("text").to_pylist()
    else:
        with open(EMBEDDED, newline="", encoding="utf-8") as file:
            texts = [row["text"] for row in csv.DictReader(file)]
    return [word for text in texts for word in text.split()]


def write_rows(path: Path, corpus: Sequence[str], rows: int, words: int) -> None:
    """A Parquet file with the columns id and text; each text has so many words, and begins where the last one ended."""
    schema = pa.schema([("id", pa.int64()), ("text", pa.string())])
    place = 0
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, BLOCK):
            ids, texts = range(start, min(rows, start + BLOCK)), []
            for _ in ids:
                texts.append(" ".join(corpus[place : place + words]))
                place = (place + words) % (len(corpus) - words)
            writer.write_table(pa.table([list(ids), texts], schema=schema))


def scored(model: Path, given: Path, folder: str) -> dict[str, Any]:
    """The summary that the command writes."""
    arguments = [f"model={model}", f"input={given}", f"output={folder}/scored.parquet", f"hydra.run.dir={folder}"]
    command = [sys.executable, "-m", "classifier.score", *arguments, "overwrite=true"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return json.loads((Path(folder) / "summary.json").read_text())


def measure(model: Path, corpus: Sequence[str], rows: int, words: int) -> None:
    """Prints rows a second and peak memory of the command, and what its time is spent on."""
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "rows.parquet"
        write_rows(given, corpus, rows, words)
        done = scored(model, given, folder)
    parts = ", ".join(f"{part} {seconds:.1f} s" for part, seconds in done["seconds_by_part"].items())
    print(
        f"{rows:>9,} rows of {words:>3} words: {done['rows_per_second']:,.0f} rows/s ({parts}), "
        f"{done['seconds']:,.1f} s in all, peak {done['peak_memory_mb']:,.0f} MB",
        flush=True,
    )


def profile(classifier: Any, corpus: Sequence[str], words: int) -> None:
    """Prints the processor time of a text, which other programs hardly change, and how much of it is tokenising."""
    import tensorflow as tf

    from classifier.serving.batching import batches, token_counts
    from classifier.tokenizers import WordTokenizer

    count = max(200, 2 * BLOCK // words)
    texts = [" ".join(corpus[place * words : (place + 1) * words]) for place in range(count)]
    tokenizer = WordTokenizer()  # as in the SavedModel, which has no door to it
    tokenizer.learn(texts)
    text = tf.TensorSpec([None], tf.string)
    tokenise = tf.function(lambda batch: tokenizer.padded(tokenizer.words(batch)), input_signature=[text])
    encoded = [one.encode() for one in texts]
    tensors = [tf.constant([encoded[row] for row in rows]) for rows, _ in batches(token_counts(encoded))]
    seconds: dict[str, list[float]] = {"all": [], "tokenising": []}
    for _ in range(ROUNDS + 1):
        seconds["all"].append(processor_seconds(lambda: classifier.probabilities(texts)))
        seconds["tokenising"].append(processor_seconds(lambda: [tokenise(tensor) for tensor in tensors]))
    whole, part = (median(values[1:]) for values in seconds.values())  # the first round compiles
    print(
        f"{words:>3} words: {1e6 * whole / count:,.0f} microseconds of processor time a text, "
        f"{1e6 * part / count:,.0f} of them ({part / whole:.1%}) for tokenising",
        flush=True,
    )


def processor_seconds(work: Callable[[], Any]) -> float:
    """Of all threads of this process."""
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of a SavedModel")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--words", type=int, nargs="+", default=[10, 50, 230], help="of a text")
    parser.add_argument("--memory", action="store_true", help="first a tenth of the rows, and no profile")
    parser.add_argument("--profile", action="store_true", help="the profile alone")
    options = parser.parse_args()
    corpus, model = corpus_words(), options.model.resolve()
    for words in options.words:
        sizes = [options.rows // 10, options.rows] if options.memory else [options.rows]
        for rows in [] if options.profile else sizes:
            measure(model, corpus, rows, words)
    if not options.memory:
        from classifier.serving.saved_model import SavedClassifier
        from classifier.start import start_tensorflow

        start_tensorflow()
        classifier = SavedClassifier(model)
        for words in options.words:
            profile(classifier, corpus, words)


if __name__ == "__main__":
    main()
