"""Explanations of an exported classifier's answers, computed in batches of texts of like length."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import tensorflow as tf

from classifier.artifact.saved_model import SavedClassifier
from classifier.errors import UserError
from classifier.explanation.explanation import Array, Explanation, contrasted
from classifier.explanation.integration import gauss_legendre, integrate
from classifier.explanation.rollout import by_word, token_shares
from classifier.model.batching import batches, token_counts
from classifier.settings import BRANCHES
from classifier.tokenizers import PADDING_ID

TOKENS = 2**12  # of all texts at all points of a path that are computed at once


class SavedExplainer:
    """Explains what an exported classifier answers.

    Args:
        classifier: exported by this package.

    Raises:
        UserError: where it was exported before there were explanations.
    """

    def __init__(self, classifier: SavedClassifier) -> None:
        if "explain" not in classifier.loaded.signatures:
            raise UserError(
                "This model has no signature explain: an earlier version of classifier exported it. Train it once "
                "more, with the overrides that its run keeps as parameters."
            )
        self.classifier = classifier
        self.graph = classifier.loaded.explainer
        self.has_ngrams = hasattr(self.graph, "ngrams")
        points, weights = gauss_legendre()
        self.nodes = np.array([0, *points, 1], np.float32)  # both ends for the rise, without weight
        self.weights = np.array([0, *weights, 0], np.float32)
        states, pairs, row = (tf.TensorSpec([None] * rank) for rank in (3, 2, 1))
        mask = tf.TensorSpec([None, None], tf.bool)
        self.gradients = tf.function(
            self.path_attributions, autograph=False, input_signature=[states, states, mask, pairs, row, row]
        )

    def explain(
        self, texts: Sequence[str], probabilities: Array, contrasts: Array
    ) -> Iterator[tuple[int, Explanation]]:
        """Place and explanation of each text, by every method but occlusion, in batches as they are done.

        Args:
            texts: any.
            probabilities: of the texts, (texts, classes).
            contrasts: factors of the logits in what is explained, (texts, classes).
        """
        encoded = [text.encode("utf-8", "replace") for text in texts]

        def some(batch: tuple[np.ndarray, int]) -> list[tuple[int, Explanation]]:
            rows = batch[0].tolist()
            found = self.explain_batch([encoded[row] for row in rows], probabilities[rows], contrasts[rows])
            return list(zip(rows, found, strict=True))

        with ThreadPoolExecutor(BRANCHES) as threads:
            for done in threads.map(some, batches(token_counts(encoded))):
                yield from done

    def explain_batch(self, texts: list[bytes], probabilities: Array, contrasts: Array) -> list[Explanation]:
        """Explanations of a few texts of like length."""
        read = self.graph.read(tf.constant(texts))
        mask = read["ids"] != PADDING_ID
        states, unknown = self.graph.embed(read["ids"])
        watched = {name: self.graph.watch(some, mask) for name, some in (("text", states), ("unknown", unknown))}
        contrast = tf.constant(contrasts, tf.float32)
        encoder = ((watched["text"]["encoder"] - watched["unknown"]["encoder"]).numpy() * contrasts).sum(axis=1)
        ngrams = self.ngram_scores(read["words"], contrast)
        differences = encoder + [scores.sum() for scores in ngrams]
        gradients, points = integrate(
            lambda rows, starts, ends: self.along_path(states, unknown, mask, contrast, rows, starts, ends), differences
        )
        words, tokens, places = read["words"].to_list(), read["tokens"].numpy(), read["places"].numpy()
        explanations = []
        for row, text in enumerate(texts):
            real = slice(0, int(mask[row].numpy().sum()))
            explanation = Explanation(
                text.decode(),
                [word.decode() for word in words[row]],
                [token.decode() for token in tokens[row][real]],
                places[row][real],
                probabilities[row],
                contrasts[row],
                float(differences[row]),
                int(points[row]),
                attention=[layer[row, :, real, real].numpy() for layer in watched["text"]["attention"]],
                pooling={name: one[row, real].numpy() for name, one in watched["text"]["pooling"].items()},
            )
            self.score(explanation, gradients[row][real], ngrams[row])
            explanations.append(explanation)
        return explanations

    def score(self, explanation: Explanation, gradients: Array, ngrams: Array) -> None:
        """Fills in the scores of the words."""
        shares = token_shares(explanation.attention, explanation.pooling)
        values = {**shares, "integrated_gradients": gradients}
        scores = {name: by_word(some, explanation.places, len(explanation.words)) for name, some in values.items()}
        scores["integrated_gradients"] = scores["integrated_gradients"] + ngrams
        if self.has_ngrams:
            scores["ngrams"] = ngrams
        explanation.scores = scores

    def ngram_scores(self, words: tf.RaggedTensor, contrast: tf.Tensor) -> list[Array]:
        """Of each text, what the linear part gives to each word, (words,); zeros where there is no linear part."""
        if self.has_ngrams:
            given = self.graph.ngrams(words, contrast).numpy().astype(np.float64)
        else:
            given = np.zeros(int(tf.size(words.flat_values)))
        return np.split(given, words.row_splits.numpy()[1:-1])

    def along_path(self, states, unknown, mask, contrast, rows, starts, ends) -> tuple[Array, Array]:
        """What each token adds along pieces of paths, (pieces, tokens), and the rises, (pieces,); some at a time."""
        at_once = max(1, TOKENS // (len(self.nodes) * mask.shape[1]))
        found = []
        for begin in range(0, len(rows), at_once):
            some = slice(begin, begin + at_once)
            chosen = [tf.gather(one, rows[some]) for one in (states, unknown, mask, contrast)]
            found.append(self.gradients(*chosen, *(tf.constant(one[some], tf.float32) for one in (starts, ends))))
        attributions, rises = zip(*found, strict=True)
        return np.concatenate(attributions), np.concatenate(rises)

    def path_attributions(self, states, unknown, mask, contrast, starts, ends):
        """Integrated gradients (Sundararajan et al. 2017, equation 1) of a piece of a path, summed over the width.

        Args:
            states, unknown: end and beginning of the whole path, (pieces, tokens, width).
            mask: (pieces, tokens).
            contrast: (pieces, classes).
            starts, ends: of the piece, between 0 and 1, (pieces,).
        """
        pieces, tokens, width = tf.unstack(tf.shape(states))
        shares = starts[:, None] + (ends - starts)[:, None] * self.nodes
        steps = states - unknown
        path = tf.reshape(unknown[:, None] + shares[..., None, None] * steps[:, None], [-1, tokens, width])
        count = tf.size(self.nodes)
        with tf.GradientTape() as tape:
            tape.watch(path)
            encoder = self.graph.watch(path, tf.repeat(mask, count, axis=0))["encoder"]
            explained = tf.reduce_sum(encoder * tf.repeat(contrast, count, axis=0), axis=1)
        slopes = tf.reshape(tf.convert_to_tensor(tape.gradient(explained, path)), [pieces, -1, tokens, width])
        attributions = tf.einsum("pntw,n,p,ptw->pt", slopes, self.weights, ends - starts, steps)
        explained = tf.reshape(explained, [pieces, -1])
        return attributions, explained[:, -1] - explained[:, 0]

    def occlude(self, explanations: Sequence[Explanation]) -> None:
        """Fills in the scores of occlusion: what is explained, less that of the text without the word."""
        without = [
            " ".join(one.words[:place] + one.words[place + 1 :])
            for one in explanations
            for place in range(len(one.words))
        ]
        probabilities = self.classifier.probabilities(without)
        ends = np.cumsum([len(one.words) for one in explanations])
        for one, found in zip(explanations, np.split(probabilities, ends[:-1]), strict=True):
            one.scores["occlusion"] = contrasted(one.probabilities, one.contrast) - contrasted(found, one.contrast)
