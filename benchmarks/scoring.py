"""Rows a second of scoring, from Parquet to Parquet, next to others; where our time goes; how much memory it takes.

    python benchmarks/scoring.py <folder of a SavedModel> [--onnx <folder of its ONNX export>] [--rows 20000]
    python benchmarks/scoring.py <folder of a SavedModel> --profile
    python benchmarks/scoring.py <folder of a SavedModel> --memory --rows 1000000 --words 40

The first needs the extras [bench], [formats] and [spark]; what is not installed is reported and left out. Texts are
runs of words of IMDB's reviews if CLASSIFIER_DATA names a folder that has them, else of the embedded corpus. --memory
runs the command, a tenth of the rows first, and draws docs/pictures/scoring_memory.png.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median
from timeit import timeit

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from harness.machine import in_a_line, machine
from harness.markdown import spread, table
from harness.project import DOCS, door, embedded_texts
from harness.workers import Worker, in_turn, run
from scoring_speed.contenders import CONTENDERS, PARTS, TRAINED_ON

from classifier.drawing.style import canvas

BLOCK = 10_000  # rows written at a time; twice as many words are profiled
FEW = 2_000  # rows that a contender warms up with
GOALS = (("Hugging Face pipeline", "all"), ("ONNX Runtime", "computing"), ("ours on Spark", "all"))


def main() -> None:
    parser = door(__doc__)
    parser.add_argument("model", type=Path, help="folder of a SavedModel")
    parser.add_argument("--onnx", type=Path, help="folder of the same model in ONNX, with its classify.py")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--words", type=int, nargs="+", default=[10, 50, 230], help="of a text")
    parser.add_argument("--contenders", nargs="+", choices=list(CONTENDERS), default=list(CONTENDERS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", action="store_true", help="memory and time of the command alone")
    parser.add_argument("--profile", action="store_true", help="the profile alone")
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder of pictures/")
    options = parser.parse_args()
    options.model = options.model.resolve()
    facts, corpus = machine(), corpus_words()
    with tempfile.TemporaryDirectory() as folder:
        measure = memory if options.memory else profile if options.profile else compare
        measure(options, corpus, Path(folder))
    print(f"\n{in_a_line([facts])}")


def corpus_words() -> list[str]:
    """The words of IMDB's training reviews, or of the embedded corpus, in their order."""
    reviews = Path(os.environ.get("CLASSIFIER_DATA", "data")) / "imdb" / "train.parquet"
    found = reviews.exists()
    texts = pq.read_table(reviews, columns=["text"]).column("text").to_pylist() if found else embedded_texts()
    return [word for text in texts for word in text.split()]


def write_rows(path: Path, corpus: Sequence[str], rows: int, words: int) -> Path:
    """A Parquet file with the columns id and text; a text has `words` words, and begins where the last text ended."""
    schema = pa.schema([("id", pa.int64()), ("text", pa.string())])
    place = 0
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, BLOCK):
            ids, texts = range(start, min(rows, start + BLOCK)), []
            for _ in ids:
                texts.append(" ".join(corpus[place : place + words]))
                place = (place + words) % (len(corpus) - words)
            writer.write_table(pa.table([list(ids), texts], schema=schema))
    return path


def compare(options: argparse.Namespace, corpus: Sequence[str], folder: Path) -> None:
    """Prints a table for each length of text; in each round all contenders score the same file."""
    learned = write_rows(folder / "corpus.parquet", corpus, TRAINED_ON, min(50, len(corpus) // 4))
    files = {words: write_rows(folder / f"{words}.parquet", corpus, options.rows, words) for words in options.words}
    few = [str(write_rows(folder / f"few {one}.parquet", corpus, min(FEW, options.rows), one)) for one in files]
    with ExitStack() as stack:
        jobs = {}
        for name in options.contenders:
            if model := options.onnx if name == "ONNX Runtime" else options.model:
                target, log = "scoring_speed.contenders:Scorer", folder / f"{name}.log"
                worker = Worker(name, target, name, str(model.resolve()), str(learned), log=log)
                jobs[name] = partial(stack.enter_context(worker).ask, "score", output=str(folder / "scored.parquet"))
        warm = in_turn({name: partial(job, files=few) for name, job in jobs.items()})  # compiles
        for words, path in files.items():
            rounds = in_turn({name: partial(jobs[name], files=[str(path)]) for name in warm}, options.rounds)
            print(f"\n{words} words, {options.rows:,} rows, median of {options.rounds} rounds\n")
            print(table([contender_row(name, options.rows, found) for name, found in rounds.items()]))
            for other, part in GOALS:  # round by round, so that what slows all of them hardly counts
                if {"ours", other} <= rounds.keys():
                    pairs = zip(rounds["ours"], rounds[other], strict=True)
                    ratio = spread([theirs[part] / own[part] for own, theirs in pairs])
                    print(f"\nOurs is {ratio} times as fast as {other}, {part}", flush=True)


def contender_row(name: str, rows: int, rounds: Sequence[Mapping[str, float]]) -> dict[str, object]:
    """Rows a second and the share of each part; nothing for a part that the contender does not measure."""
    shares = {part: [one[part] / one["all"] for one in rounds if part in one] for part in PARTS}
    cells = {part: f"{median(found):.0%}" if found else "" for part, found in shares.items()}
    return {"contender": name, "rows/s": spread([rows / one["all"] for one in rounds], ",.0f"), **cells}


def memory(options: argparse.Namespace, corpus: Sequence[str], folder: Path) -> None:
    """Prints rows a second of the command, what its time is spent on and its memory, and draws memory by time."""
    rows = []
    with canvas(7, 3) as (figure, axes):
        for words, count in product(options.words, (options.rows // 10, options.rows)):
            given, seen, began = write_rows(folder / "rows.parquet", corpus, count, words), [], time.monotonic()

            def watch(number: int, seen: list[tuple[float, float]] = seen, began: float = began) -> None:
                seen.append(((time.monotonic() - began) / 60, psutil.Process(number).memory_info().rss / 2**20))

            places = [f"output={folder}/scored.parquet", f"hydra.run.dir={folder}/run", "overwrite=true"]
            command = ["-m", "classifier.score", f"model={options.model}", f"input={given}", *places]
            run(command, folder / "log.txt", watch=watch)
            summary = json.loads((folder / "run" / "summary.json").read_text())
            axes.plot(*zip(*seen, strict=True), label=f"{count:,} rows of {words} words")
            later = [megabytes for minutes, megabytes in seen if minutes > 1]
            row = {"rows": f"{count:,}", "words": words, "rows/s": f"{summary['rows_per_second']:,.0f}"}
            row |= {f"{part}, s": f"{seconds:.1f}" for part, seconds in summary["seconds_by_part"].items()}
            row |= {"in all, s": f"{summary['seconds']:,.1f}", "peak, MB": f"{summary['peak_memory_mb']:,.0f}"}
            rows.append(row | {"after a minute, MB": spread(later, ",.0f") if later else "–"})
        axes.set(xlabel="minutes", ylabel="resident memory, MB", ylim=(0, None))
        axes.legend(frameon=False, loc="lower right")
    figure.savefig(options.docs / "pictures" / "scoring_memory.png")
    print(table(rows))


def profile(options: argparse.Namespace, corpus: Sequence[str], _: Path) -> None:
    """Prints the processor time of a text, which other programs hardly change, and what it is spent on.

    Shares of the encoder and of matrix products are those of the time in TensorFlow's operations.
    """
    from classifier.start import start_tensorflow

    start_tensorflow()
    import tensorflow as tf
    from training_speed.profiler import recorded

    from classifier.artifact.saved_model import SavedClassifier
    from classifier.model.batching import batches, token_counts
    from classifier.tokenizers import WordTokenizer

    classifier, rows, text = SavedClassifier(options.model), [], tf.TensorSpec([None], tf.string)
    for words in options.words:
        count = max(200, 2 * BLOCK // words)
        texts = [" ".join(corpus[place * words : (place + 1) * words]) for place in range(count)]
        tokenizer = WordTokenizer()  # as in the SavedModel, which has no door to it
        tokenizer.learn(texts)
        padded = partial(lambda tokenizer, batch: tokenizer.padded(tokenizer.words(batch)), tokenizer)
        tokenise = tf.function(padded, input_signature=[text])
        encoded = [one.encode() for one in texts]
        tensors = [tf.constant([encoded[row] for row in rows]) for rows, _ in batches(token_counts(encoded))]
        score = partial(classifier.probabilities, texts)
        works = (score, lambda tokenise=tokenise, tensors=tensors: [tokenise(tensor) for tensor in tensors])
        jobs = {work: partial(timeit, work, timer=time.process_time, number=1) for work in works}
        in_turn(jobs)  # compiles
        whole, part = (1e6 * median(found) / count for found in in_turn(jobs, options.rounds).values())
        operations = recorded(score)[1]
        everything = sum(took for *_, took in operations)
        encoder = sum(took for name, _, took in operations if "/classifier" in name)
        products = sum(took for _, kind, took in operations if kind.startswith(("MatMul", "BatchMatMul")))
        row = {"words": words, "processor time per text": f"{whole:,.0f} µs"}
        row |= {"of this, tokenising": f"{part:,.0f} µs ({part / whole:.1%})", "encoder": f"{encoder / everything:.0%}"}
        rows.append(row | {"matrix products": f"{products / everything:.0%}"})
    print(table(rows))


if __name__ == "__main__":
    main()
