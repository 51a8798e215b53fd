"""Ways to label the texts of a Parquet file into another one; each runs in a process of its own."""

import atexit
import importlib
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

# of the default model, in the words of transformers
SIZES = {"hidden_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 512}
VOCABULARY, MAX_TOKENS = 30_000, 256
HUGGING_FACE_BATCH = 64
TRAINED_ON = 20_000  # texts that linear models and vocabularies are learned from; what they answer does not matter here
PARTS = ("reading", "tokenising", "computing", "writing")

Contender = Callable[[str, str], None]  # from a file to a file
Answers = tuple[Sequence[Any], Sequence[float]]  # labels and scores

seconds: dict[str, float] = defaultdict(float)  # by part, of the file that is being scored


@contextmanager
def counted(part: str, within: str | None = None):
    """Adds the seconds of the block to the part, and takes them from the part that contains it."""
    began = time.perf_counter()
    yield
    spent = time.perf_counter() - began
    seconds[part] += spent
    if within:
        seconds[within] -= spent


def ours(model: Path, _: Sequence[str]) -> Contender:
    """This project's scorer, as the command runs it. It computes what it tokenises in one graph."""
    from classifier.artifact.saved_model import SavedClassifier
    from classifier.start import cores, start_saved_models

    start_saved_models(branches=cores())
    return by_our_scorer(SavedClassifier(model, cores()))


def spark(model: Path, _: Sequence[str]) -> Contender:
    """This project's scorer with engine=spark, on the cores of this machine; the session stays."""
    from classifier.scoring.spark import spark_classifier

    session = ExitStack()
    atexit.register(session.close)
    return by_our_scorer(session.enter_context(spark_classifier("local[*]", model, "measured")))


def by_our_scorer(classifier: Any) -> Contender:
    """Scores with the classifier, in shards, with checks and checksums."""
    from classifier.scoring.plan import make_plan
    from classifier.scoring.score_file import score_files
    from classifier.settings import ScoreSettings

    def score(given: str, output: str) -> None:
        settings = ScoreSettings("model", given, output, overwrite=True)
        parts = score_files(make_plan(settings, "measured", "1"), lambda: classifier).seconds
        seconds.update(reading=parts["reading"], computing=parts["waiting"], writing=parts["writing"])

    return score


def onnx(folder: Path, _: Sequence[str]) -> Contender:
    """The same weights in ONNX Runtime, by the reference program next to them, in batches as ours.

    Its tokenizer is a plain program, not a fast one: what is of interest is the computing alone.
    """
    import onnxruntime

    from classifier.model.batching import batches, token_counts

    sys.path.insert(0, str(folder))
    reference = importlib.import_module("classify").Classifier(folder)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # a batch is a thread's, as ours
    session = onnxruntime.InferenceSession(folder / "model.onnx", options)
    threads = ThreadPoolExecutor(2)

    def tokenise(texts: Sequence[str]) -> Any:
        places = [rows for rows, _ in batches(token_counts([text.encode() for text in texts]))]
        return len(texts), [(rows, reference.inputs([texts[row] for row in rows])) for rows in places]

    def compute(prepared: Any) -> Answers:
        rows, found = prepared
        answers = np.zeros((rows, len(reference.labels)), np.float32)
        outputs = threads.map(lambda batch: session.run(None, batch[1])[0], found)
        for (places, _), output in zip(found, outputs, strict=True):
            answers[places] = output
        return [reference.labels[place] for place in answers.argmax(1)], answers.max(1)

    return in_parts(tokenise, compute)


def hugging_face(_: Path, corpus: Sequence[str]) -> Contender:
    """The pipeline of transformers on PyTorch: random weights of the same size, its own fast WordPiece tokenizer."""
    import torch  # pyright: ignore[reportMissingImports]
    import transformers  # pyright: ignore[reportMissingImports]
    from tokenizers import BertWordPieceTokenizer

    learned = BertWordPieceTokenizer()
    learned.train_from_iterator(corpus, vocab_size=VOCABULARY, show_progress=False)
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=learned._tokenizer, model_max_length=MAX_TOKENS, pad_token="[PAD]", unk_token="[UNK]"
    )
    torch.manual_seed(0)
    sizes = transformers.BertConfig(**SIZES, vocab_size=VOCABULARY, max_position_embeddings=MAX_TOKENS)
    network = transformers.BertForSequenceClassification(sizes).eval()
    pipeline = transformers.pipeline("text-classification", model=network, tokenizer=tokenizer, device="cpu")
    pipeline.preprocess = counted("tokenising", within="computing")(pipeline.preprocess)

    def compute(texts: Sequence[str]) -> Answers:
        found = pipeline(list(texts), batch_size=HUGGING_FACE_BATCH, truncation=True)
        return [one["label"] for one in found], [one["score"] for one in found]

    return in_parts(None, compute)


def scikit_learn(_: Path, corpus: Sequence[str]) -> Contender:
    """TF-IDF of words and pairs of words, and logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    vectorizer = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2)
    halves = np.arange(len(corpus)) * 2 // len(corpus)
    model = LogisticRegression(max_iter=1000).fit(vectorizer.fit_transform(corpus), halves)

    def compute(features: Any) -> Answers:
        found = model.predict_proba(features)
        return model.classes_[found.argmax(1)], found.max(1)

    return in_parts(vectorizer.transform, compute)


def fasttext(_: Path, corpus: Sequence[str]) -> Contender:
    """Its default settings with pairs of words; it splits words itself."""
    from comparison.fasttext_files import trained

    model = trained((corpus, np.arange(len(corpus)) * 2 // len(corpus)), wordNgrams=2)

    def compute(texts: Sequence[str]) -> Answers:
        labels, scores = model.predict([text.replace("\n", " ") for text in texts])
        return [label[0] for label in labels], [float(score[0]) for score in scores]

    return in_parts(None, compute)


def in_parts(tokenise: Callable[[Sequence[str]], Any] | None, compute: Callable[[Any], Answers]) -> Contender:
    """Reads all, tokenises all, computes all and writes all: one after the other; None: computing tokenises."""

    def score(given: str, output: str) -> None:
        with counted("reading"):
            table = pq.read_table(given)
            texts = table.column("text").to_pylist()
        if tokenise:
            with counted("tokenising"):
                texts = tokenise(texts)
        with counted("computing"):
            labels, scores = compute(texts)
        with counted("writing"):
            table = table.append_column("label", pa.array([str(label) for label in labels]))
            pq.write_table(table.append_column("score", pa.array(scores, pa.float32())), output, compression="zstd")

    return score


CONTENDERS: dict[str, Callable[[Path, Sequence[str]], Contender]] = {
    "ours": ours,
    "ours on Spark": spark,
    "ONNX Runtime": onnx,
    "Hugging Face pipeline": hugging_face,
    "scikit-learn": scikit_learn,
    "fastText": fasttext,
}


class Scorer:
    """What runs in the process of a contender, which scores with a model and may learn from a corpus."""

    def __init__(self, contender: str, model: str, corpus: str) -> None:
        self.contender = CONTENDERS[contender](Path(model), pq.read_table(corpus).column("text").to_pylist())

    def score(self, files: Sequence[str], output: str) -> dict[str, float]:
        """Seconds by part, and of all of it, for the last of the files."""
        for given in files:
            seconds.clear()
            with counted("all"):
                self.contender(given, output)
        return dict(seconds)
