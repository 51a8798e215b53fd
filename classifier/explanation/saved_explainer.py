"""Explains predictions of an exported classifier, in batches of texts of similar length."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import tensorflow as tf

from classifier.artifact.saved_model import SavedClassifier
from classifier.errors import UserError
from classifier.explanation.explanation import Array, Explanation, contrasted, joined
from classifier.explanation.integration import gauss_legendre, integrate
from classifier.explanation.rollout import by_word, token_shares
from classifier.model.batching import batches, token_counts
from classifier.settings import BRANCHES
from classifier.tokenizers import PADDING_ID

TOKENS = 2**12  # maximum number of tokens per gradient call, over all texts and points of their paths


class SavedExplainer:
    """Explains predictions of an exported classifier.

    Args:
        classifier: a classifier exported by this package.

    Raises:
        UserError: if the model was exported by a version without explanations.
    """

    def __init__(self, classifier: SavedClassifier) -> None:
        if "explain" not in classifier.loaded.signatures:
            raise UserError(
                "This model has no signature explain: an earlier version of classifier exported it. Train it again "
                "with the overrides in the parameters of its run."
            )
        self.classifier = classifier
        self.graph = classifier.loaded.explainer
        self.has_ngrams = hasattr(self.graph, "ngrams")
        points, weights = gauss_legendre()
        self.nodes = np.array([0, *points, 1], np.float32)  # both ends, for the difference, with weight 0
        self.weights = np.array([0, *weights, 0], np.float32)
        states, pairs, row = (tf.TensorSpec([None] * rank) for rank in (3, 2, 1))
        mask = tf.TensorSpec([None, None], tf.bool)
        self.gradients = tf.function(
            self.path_attributions, autograph=False, input_signature=[states, states, mask, pairs, row, row]
        )

    def explain(
        self, texts: Sequence[str], probabilities: Array, contrasts: Array
    ) -> Iterator[tuple[int, Explanation]]:
        """Yields index and explanation of each text, by all methods except occlusion, in the order of batches.

        Args:
            texts: texts to explain.
            probabilities: probabilities of the texts, of shape (texts, classes).
            contrasts: factors of the logits in the explained values, of shape (texts, classes).
        """
        encoded = [text.encode("utf-8", "replace") for text in texts]

        def explain(batch: tuple[np.ndarray, int]) -> list[tuple[int, Explanation]]:
            rows = batch[0].tolist()
            found = self.explain_batch([encoded[row] for row in rows], probabilities[rows], contrasts[rows])
            return list(zip(rows, found, strict=True))

        with ThreadPoolExecutor(BRANCHES) as threads:
            for done in threads.map(explain, batches(token_counts(encoded))):
                yield from done

    def explain_batch(self, texts: list[bytes], probabilities: Array, contrasts: Array) -> list[Explanation]:
        """Explains a batch of texts of similar length."""
        read = self.graph.read(tf.constant(texts))
        mask = read["ids"] != PADDING_ID
        states, unknown = self.graph.embed(read["ids"])
        watched = {name: self.graph.watch(given, mask) for name, given in (("text", states), ("unknown", unknown))}
        moved = (watched["text"]["encoder"] - watched["unknown"]["encoder"]).numpy()
        learned = contrasts[:, : moved.shape[1]]  # without a class of none of these that has no logit of its own
        contrast = tf.constant(learned, tf.float32)
        encoder = (moved * learned).sum(axis=1)
        ngrams = self.ngram_scores(read["words"], contrast)
        differences = encoder + [scores.sum() for scores in ngrams]
        gradients, points = integrate(
            lambda rows, starts, ends: self.along_path(states, unknown, mask, contrast, rows, starts, ends), differences
        )
        words, tokens, places = read["words"].to_list(), read["tokens"].numpy(), read["places"].numpy()
        spaces = read["spaces"].to_list() if "spaces" in read else [[]] * len(texts)  # older models have none
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
                pooling={name: weights[row, real].numpy() for name, weights in watched["text"]["pooling"].items()},
                spaces=[space.decode() for space in spaces[row]],
            )
            self.score(explanation, gradients[row][real], ngrams[row])
            explanations.append(explanation)
        return explanations

    def score(self, explanation: Explanation, gradients: Array, ngrams: Array) -> None:
        """Sets the scores of the words."""
        shares = token_shares(explanation.attention, explanation.pooling)
        values = {**shares, "integrated_gradients": gradients}
        words = len(explanation.words)
        scores = {name: by_word(by_token, explanation.places, words) for name, by_token in values.items()}
        scores["integrated_gradients"] = scores["integrated_gradients"] + ngrams
        if self.has_ngrams:
            scores["ngrams"] = ngrams
        explanation.scores = scores

    def ngram_scores(self, words: tf.RaggedTensor, contrast: tf.Tensor) -> list[Array]:
        """Returns the contributions of the n-gram model to the words (words,) of each text; zeros without n-grams."""
        if self.has_ngrams:
            scores = self.graph.ngrams(words, contrast).numpy().astype(np.float64)
        else:
            scores = np.zeros(int(tf.size(words.flat_values)))
        return np.split(scores, words.row_splits.numpy()[1:-1])

    def along_path(self, states, unknown, mask, contrast, rows, starts, ends) -> tuple[Array, Array]:
        """Returns attributions (segments, tokens) and differences (segments,) of segments of paths, in chunks."""
        size = max(1, TOKENS // (len(self.nodes) * mask.shape[1]))
        found = []
        for begin in range(0, len(rows), size):
            chunk = slice(begin, begin + size)
            chosen = [tf.gather(tensor, rows[chunk]) for tensor in (states, unknown, mask, contrast)]
            found.append(self.gradients(*chosen, *(tf.constant(end[chunk], tf.float32) for end in (starts, ends))))
        attributions, rises = zip(*found, strict=True)
        return np.concatenate(attributions), np.concatenate(rises)

    def path_attributions(self, states, unknown, mask, contrast, starts, ends):
        """Integrated gradients (Sundararajan et al. 2017, equation 1) of segments of paths, summed over the width.

        Args:
            states, unknown: end and start of the whole path, of shape (segments, tokens, width).
            mask: mask of shape (segments, tokens).
            contrast: contrast of shape (segments, classes).
            starts, ends: start and end of each segment, between 0 and 1, of shape (segments,).
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

    def occlude(
        self, explanations: Sequence[Explanation], classify: Callable[[list[str]], Array] | None = None
    ) -> None:
        """Sets the scores of occlusion: the explained value minus that of the text without the word.

        Args:
            explanations: explanations of texts.
            classify: function from texts to probabilities (texts, classes); None means that of the classifier.
        """
        without = [
            joined(explanation.words, explanation.spaces, {*range(len(explanation.words))} - {place})
            for explanation in explanations
            for place in range(len(explanation.words))
        ]
        probabilities = (classify or self.classifier.probabilities)(without)
        several = self.classifier.decision.several
        ends = np.cumsum([len(explanation.words) for explanation in explanations])
        for explanation, found in zip(explanations, np.split(probabilities, ends[:-1]), strict=True):
            whole, left = (
                contrasted(given, explanation.contrast, several) for given in (explanation.probabilities, found)
            )
            explanation.scores["occlusion"] = whole - left
