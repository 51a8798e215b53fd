"""Classifies texts with NumPy and ONNX Runtime or LiteRT only:   python classify.py "where is my parcel?"

    pip install numpy onnxruntime         for model.onnx;  ai-edge-litert for model.tflite
    pip install cityhash                  if there is a file ngrams.npz

Uses the files in the folder of this script, and is short, so that it can be translated to other languages.
"""

import json
import re
import sys
import unicodedata
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

TO_PLAIN = 0xFEE0  # distance of full-width letters and digits from ASCII


class Classifier:
    """Classifies texts.

    Args:
        folder: folder with tokenizer.json, labels.json, the model and, if the model has them, ngrams.npz and
            decision.json.
    """

    def __init__(self, folder: Path) -> None:
        self.data = json.loads((folder / "tokenizer.json").read_text("utf-8"))
        self.labels = json.loads((folder / "labels.json").read_text("utf-8"))
        self.number = {token: number for number, token in enumerate(self.data["vocabulary"])}
        near = "".join(f"{chr(first)}-{chr(last)}" for first, last in self.data["without_spaces"])
        zero_width_spaces = f"(?<=[{near}])\u200b|\u200b(?=[{near}])"  # between words of scripts without spaces
        self.separating = re.compile(zero_width_spaces) if near else None
        self.plain = {code: None for first, last in self.data["removed"] for code in range(first, last + 1)}
        self.plain |= {
            code: code - TO_PLAIN for first, last in self.data["full_width"] for code in range(first, last + 1)
        }
        self.marks = {code: None for first, last in self.data["marks"] for code in range(first, last + 1)}
        self.marks |= dict(self.data["replaced"])
        self.spaced = {code: " " for first, last in self.data["spaces"] for code in range(first, last + 1)}
        self.spaced |= {code: f" {chr(code)} " for first, last in self.data["alone"] for code in range(first, last + 1)}
        self.known = dict(np.load(folder / "ngrams.npz")) if (folder / "ngrams.npz").exists() else {}
        decision = folder / "decision.json"
        self.decision = json.loads(decision.read_text("utf-8")) if decision.exists() else {}
        self.run = runtime(folder)

    def words(self, text: str) -> list[str]:
        """Splits a text into words at spaces; punctuation marks, symbols and CJK characters are separate words.

        First, invisible characters are removed, full-width letters and digits are replaced by ASCII, the text is
        converted to a Unicode normal form, and accents are removed, each of it if the tokenizer does so.
        """
        text = text.encode("utf-8", "replace").decode()
        text = (self.separating.sub(" ", text) if self.separating else text).translate(self.plain)
        if self.data["normal_form"]:
            text = unicodedata.normalize(self.data["normal_form"], text)
        text = text.translate(self.marks)
        return (text.lower() if self.data["lower_case"] else text).translate(self.spaced).split()

    def ids(self, words: list[str]) -> list[int]:
        """Returns the token ids between special tokens; the middle of a long text is removed, as in training."""
        unknown: int = self.data["unknown"]
        split = self.pieces if self.data["longest_word"] else lambda word: [self.number.get(word, unknown)]
        ids = [number for word in words for number in split(word)]
        cut = max(0, len(ids) - self.data["head"] - self.data["tail"])
        kept = ids[: self.data["head"]] + ids[self.data["head"] + cut :]
        return [*self.data["begin"], *kept, *self.data["end"]]

    def pieces(self, word: str) -> list[int]:
        """WordPiece: greedily the longest piece from left to right; the word is unknown if there is no such piece."""
        found, rest = [], word
        length = len(word.encode() if self.data["longest_word_in"] == "bytes" else word)
        while rest and length <= self.data["longest_word"]:
            ends = range(len(rest), 2 * bool(found), -1)
            end = next((end for end in ends if rest[:end] in self.number), len(rest))
            if rest[:end] not in self.number:
                return [self.data["unknown"]]
            found.append(self.number[rest[:end]])
            rest = f"##{rest[end:]}" if rest[end:] else ""
        return found or [self.data["unknown"]]

    def ngrams(self, words: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """Returns feature indices and TF-IDF values of words, pairs of words and 3 to 5 characters of a word.

        The key of an n-gram is a polynomial of the hashes of its words, or its code points, as a signed 64-bit integer.
        """
        from farmhash import Fingerprint64  # pyright: ignore[reportAttributeAccessIssue]  # from the package cityhash

        most, multiplier, lengths = self.data["keys"], self.data["multiplier"], self.data["characters"]
        hashes = np.array([Fingerprint64(word.encode()) % most for word in words], np.int64)
        pairs = (hashes[:-1] * multiplier + hashes[1:]) % most
        spaced = (" " * max(lengths)).join(["", *words, ""])
        codes, letters = np.array([ord(letter) for letter in spaced], np.int64), []
        for length in lengths:
            runs = sliding_window_view(codes, length)
            runs = runs[
                np.all(runs[:, 1:-1] != ord(" "), axis=1)
            ]  # within a word, including the space before and after it
            letters.append((runs @ multiplier ** np.arange(length)[::-1] + length) % most)
        features, values, keys = [], [], self.known["keys"]
        for kind in ([hashes, pairs], letters):
            found, counts = np.unique(np.concatenate(kind).astype(keys.dtype), return_counts=True)
            places = np.minimum(np.searchsorted(keys, found), len(keys) - 1)
            known = keys[places] == found
            value = (1 + np.log(counts[known])) * self.known["idf"][places[known]]
            features.append(places[known])
            values.append(value / np.sqrt(np.sum(value**2)))
        return np.concatenate(features), np.concatenate(values)

    def inputs(self, texts: list[str]) -> dict[str, np.ndarray]:
        """Returns the inputs of the model: int32 ids, and int32 features and float32 values if it has n-grams."""
        words = [self.words(text) for text in texts]
        inputs = {"ids": padded([self.ids(row) for row in words], np.int32)}
        if self.known:
            features, values = zip(*(self.ngrams(row) for row in words), strict=True)
            inputs |= {"features": padded(features, np.int32), "values": padded(values, np.float32)}
        return inputs

    def probabilities(self, texts: list[str]) -> np.ndarray:
        """Returns probabilities of shape (texts, classes)."""
        return self.run(self.inputs(texts))

    def answers(self, texts: list[str]) -> list[dict]:
        """Returns label and score of each text and, if the model decides on them, `accepted`,
        `label_set` and `labels`."""
        return [self.answer(row) for row in self.probabilities(texts)]

    def answer(self, row: np.ndarray) -> dict:
        """Returns the answer for probabilities of shape (classes,)."""
        answer = {"label": self.labels[row.argmax()], "score": float(row.max())}
        if self.decision.get("accept_from") is not None:
            answer["accepted"] = bool(row.max() >= np.float32(self.decision["accept_from"]))
        order = np.argsort(-row, kind="stable")
        for name, thresholds in (("label_set", "include_from"), ("labels", "label_from")):
            if self.decision.get(thresholds) is not None:
                aps = name == "label_set" and self.decision.get("label_sets_by") == "aps"
                scores = adaptive_scores(row, order) if aps else row
                included = scores >= np.array(self.decision[thresholds], np.float32)
                answer[name] = [self.labels[place] for place in order if included[place]]
        return answer


def adaptive_scores(row: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Returns half the probability of each label and that of all less likely ones, (classes,).

    `order` contains the places of the labels, the most likely first.
    """
    ascending = row[order[::-1]].astype(np.float64)
    scores = np.empty_like(row)
    scores[order[::-1]] = ascending / 2 + np.concatenate([[0], ascending.cumsum()[:-1]])
    return scores


def padded(rows, dtype) -> np.ndarray:
    """Pads rows with zeros to the same length, at least 1: [[1, 2], [3]] -> [[1, 2], [3, 0]]."""
    table = np.zeros((len(rows), max(1, *map(len, rows))), dtype)
    for place, row in enumerate(rows):
        table[place, : len(row)] = row
    return table


def runtime(folder: Path):
    """Returns the model as a function from named inputs to probabilities."""
    if (folder / "model.onnx").exists():
        import onnxruntime

        session = onnxruntime.InferenceSession(folder / "model.onnx")
        return lambda inputs: session.run(None, inputs)[0]
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(str(folder / "model.tflite")).get_signature_runner()
    return lambda inputs: runner(**inputs)["probabilities"]


if __name__ == "__main__":
    classifier = Classifier(Path(__file__).parent)
    for text, answer in zip(sys.argv[1:], classifier.answers(sys.argv[1:]), strict=True):
        decided = [f"{name}={answer[name]}" for name in ("accepted", "label_set", "labels") if name in answer]
        print("\t".join([answer["label"], f"{answer['score']:.4f}", *decided, text]))
