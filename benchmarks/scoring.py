"""Rows a second of scoring, from Parquet to Parquet, beside others; where our time goes; how much memory it takes.

    python benchmarks/scoring.py <folder of a SavedModel> [--onnx <folder of its ONNX export>] [--rows 20000]
    python benchmarks/scoring.py <folder of a SavedModel> --profile
    python benchmarks/scoring.py <folder of a SavedModel> --memory --rows 1000000 --words 40

The first needs the extras [bench], [formats] and [spark]; what is not installed is left out. Texts are runs of words of
IMDB's reviews, where CLASSIFIER_DATA names a folder that has it, or of the embedded corpus. --memory runs the
command, a tenth of the rows first, and draws docs/pictures/scoring_memory.png: memory is flat where its lines are.
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
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from matplotlib.figure import Figure
from scoring_speed.contenders import CONTENDERS, TRAINED_ON
from scoring_speed.table import table
from scoring_speed.worker import Worker
from training_speed.profiler import recorded

from classifier.drawing.style import canvas

ROOT = Path(__file__).parents[1]
EMBEDDED = ROOT / "classifier" / "data" / "embedded" / "train.csv"
BLOCK = 10_000  # rows written at a time; twice as many words are profiled
ROUNDS = 5  # interleaved; medians are told
FEW = 2_000  # rows that a contender warms up with


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


def scored(model: Path, given: Path, folder: str) -> tuple[dict[str, Any], list[tuple[float, float]]]:
    """The summary that the command writes, and its resident memory: (seconds since its start, MB), once a second."""
    arguments = [f"model={model}", f"input={given}", f"output={folder}/scored.parquet", f"hydra.run.dir={folder}"]
    command = [sys.executable, "-m", "classifier.score", *arguments, "overwrite=true"]
    seen: list[tuple[float, float]] = []
    with psutil.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        began = time.monotonic()
        while process.poll() is None:
            with suppress(psutil.NoSuchProcess):
                seen.append((time.monotonic() - began, process.memory_info().rss / 2**20))
            time.sleep(1)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with exit code {process.returncode}.")
    return json.loads((Path(folder) / "summary.json").read_text()), seen


def measure(model: Path, corpus: Sequence[str], rows: int, words: int) -> list[tuple[float, float]]:
    """Prints rows a second of the command, what its time is spent on and its memory; returns the latter by time."""
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "rows.parquet"
        write_rows(given, corpus, rows, words)
        done, seen = scored(model, given, folder)
    parts = ", ".join(f"{part} {seconds:.1f} s" for part, seconds in done["seconds_by_part"].items())
    minutes = [megabytes for seconds, megabytes in seen if seconds > 60]
    later = f", after a minute {min(minutes):,.0f} to {max(minutes):,.0f} MB" if minutes else ""
    print(
        f"{rows:>9,} rows of {words:>3} words: {done['rows_per_second']:,.0f} rows/s ({parts}), "
        f"{done['seconds']:,.1f} s in all, peak {done['peak_memory_mb']:,.0f} MB{later}",
        flush=True,
    )
    return seen


def draw_memory(seen: dict[str, list[tuple[float, float]]]) -> Figure:
    """Resident memory by time, a line for each run."""
    with canvas(7, 3) as (figure, axes):
        for name, points in seen.items():
            seconds, megabytes = zip(*points, strict=True)
            axes.plot([one / 60 for one in seconds], megabytes, label=name)
        axes.set(xlabel="minutes", ylabel="resident memory, MB", ylim=(0, None))
        axes.legend(frameon=False, loc="lower right")
    return figure


def profile(classifier: Any, corpus: Sequence[str], words: int) -> None:
    """Prints the processor time of a text, which other programs hardly change, and how much of it is tokenising.

    Of the time in TensorFlow's operations also how much is the encoder's, and how much is in dense matrix products.
    """
    import tensorflow as tf

    from classifier.model.batching import batches, token_counts
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
    _, operations = recorded(lambda: classifier.probabilities(texts))
    everything = sum(took for *_, took in operations)
    encoder = sum(took for name, _, took in operations if "/classifier" in name)
    products = sum(took for _, kind, took in operations if kind.startswith(("MatMul", "BatchMatMul")))
    print(
        f"{words:>3} words: {1e6 * whole / count:,.0f} microseconds of processor time a text, "
        f"{1e6 * part / count:,.0f} of them ({part / whole:.1%}) for tokenising; "
        f"of the operations' time the encoder has {encoder / everything:.0%}, "
        f"matrix products have {products / everything:.0%}",
        flush=True,
    )


def processor_seconds(work: Callable[[], Any]) -> float:
    """Of all threads of this process."""
    began = time.process_time()
    work()
    return time.process_time() - began


def compare(options: argparse.Namespace, corpus: Sequence[str]) -> None:
    """Prints a table for each length of text; in each round all contenders score the same file, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        learned = Path(folder) / "corpus.parquet"
        write_rows(learned, corpus, TRAINED_ON, min(50, len(corpus) // 4))
        files = {words: Path(folder) / f"{words}.parquet" for words in options.words}
        for words, path in files.items():
            write_rows(path, corpus, options.rows, words)
            write_rows(few(path), corpus, min(options.rows, FEW), words)
        models = {"ONNX Runtime": options.onnx}
        workers = []
        for name in options.contenders:
            if name == "ONNX Runtime" and not options.onnx:
                continue
            model = (models.get(name) or options.model).resolve()
            worker = Worker(name, model, learned, Path(folder) / f"{name}.log")
            if ready(worker, [few(path) for path in files.values()]):
                workers.append(worker)
        for words, path in files.items():
            found: dict[str, list[dict[str, float]]] = {worker.contender: [] for worker in workers}
            for _ in range(options.rounds):
                for worker in workers:
                    found[worker.contender].append(worker.score(path, Path(folder) / "scored.parquet"))
            print(table(words, options.rows, found), flush=True)
        for worker in workers:
            worker.end()


def few(path: Path) -> Path:
    """The file with some rows of the same length."""
    return path.with_name(f"few_{path.name}")


def ready(worker: Worker, files: Sequence[Path]) -> bool:
    """Whether it has scored some rows of each length, which compiles and warms up; says why where it has not."""
    try:
        for path in files:
            worker.score(path, path.with_name("warm.parquet"))
    except RuntimeError as error:
        print(f"Left out: {error}", file=sys.stderr, flush=True)
        return False
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of a SavedModel")
    parser.add_argument("--onnx", type=Path, help="folder of the same model in ONNX, with its classify.py")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--words", type=int, nargs="+", default=[10, 50, 230], help="of a text")
    parser.add_argument("--contenders", nargs="+", choices=list(CONTENDERS), default=list(CONTENDERS))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--memory", action="store_true", help="memory and time of the command alone")
    parser.add_argument("--profile", action="store_true", help="the profile alone")
    options = parser.parse_args()
    corpus, model = corpus_words(), options.model.resolve()
    if options.memory:
        pairs = [(rows, words) for words in options.words for rows in (options.rows // 10, options.rows)]
        seen = {f"{rows:,} rows of {words} words": measure(model, corpus, rows, words) for rows, words in pairs}
        draw_memory(seen).savefig(ROOT / "docs" / "pictures" / "scoring_memory.png")
    elif options.profile:
        from classifier.artifact.saved_model import SavedClassifier
        from classifier.start import start_tensorflow

        start_tensorflow()
        classifier = SavedClassifier(model)
        for words in options.words:
            profile(classifier, corpus, words)
    else:
        compare(options, corpus)


if __name__ == "__main__":
    main()
