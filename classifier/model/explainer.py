"""The part of the exported graph for explanations: attention and pooling weights, and functions for gradients."""

import tensorflow as tf

from classifier.encoders.encoder import Encoder
from classifier.model.keras_module import KerasModule
from classifier.model.mixture import Mixture
from classifier.model.ngram_model import NgramModel
from classifier.tasks import Task
from classifier.tokenizers import PADDING_ID


class Explainer(KerasModule):
    """Module that is exported with the classifier and shares its parts.

    Args:
        encoder: encoder with its tokenizer.
        ngrams: n-gram model, or None.
        mixture: mixture of both, or None.
        task: what an answer is.
    """

    watched: Encoder

    def __init__(self, encoder: Encoder, ngrams: NgramModel | None, mixture: Mixture | None, task: Task) -> None:
        super().__init__(encoder.model)
        object.__setattr__(self, "watched", encoder)  # bypasses the tracking of tf.Module, as in KerasModule
        self.tokenizer, self.ngram_model, self.mixture, self.task = encoder.tokenizer, ngrams, mixture, task
        self.vocabulary = tf.Variable(tf.constant(self.tokenizer.vocabulary), trainable=False)
        if ngrams:
            words = tf.RaggedTensorSpec([None, None], tf.string)
            contrast = tf.TensorSpec([None, None], tf.float32)
            self.ngrams = tf.function(self.ngram_contributions, autograph=False, input_signature=[words, contrast])

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def read(self, text):
        """Tokenizes texts (batch,).

        Returns:
            words: ragged strings (batch, words).
            ids: int32 (batch, tokens), 0 for padding.
            tokens: strings (batch, tokens), empty for padding, [UNK] for unknown tokens.
            places: index of the word of each token, int64 (batch, tokens), -1 for padding.
        """
        words = self.tokenizer.words(text)
        return {"words": words, **self.encoded(words), "places": self.tokenizer.places(words)}

    def encoded(self, words: tf.RaggedTensor) -> dict[str, tf.Tensor]:
        """Returns the ids and the tokens of `read` for words (batch, words)."""
        ids = self.tokenizer.padded(words)
        return {"ids": ids, "tokens": tf.where(ids != PADDING_ID, tf.gather(self.vocabulary, ids), "")}

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None, None], tf.int32)])
    def embed(self, ids):
        """Returns states (batch, tokens, width) of ids (batch, tokens), and the states if all words were unknown.

        Special tokens are unchanged.
        """
        word = ids != PADDING_ID
        for special in (*self.tokenizer.begin, *self.tokenizer.end):
            word &= ids != special
        unknown = tf.where(word, self.tokenizer.unknown_id, ids)
        return self.watched.embed(ids), self.watched.embed(unknown)

    @tf.function(
        autograph=False, input_signature=[tf.TensorSpec([None, None, None]), tf.TensorSpec([None, None], tf.bool)]
    )
    def watch(self, states, mask):
        """Applies the model to token states (batch, tokens, width).

        Returns:
            encoder: contribution of the encoder to the logits of the mixture, (batch, classes).
            attention: weights (batch, heads, tokens, tokens) of each layer; rows are queries.
            pooling: weights (batch, tokens) by kind.
        """
        states.set_shape([None, None, self.watched.width])
        found = self.watched.watch(states, mask)
        attention = [weights if weights.shape.rank == 4 else weights[:, None] for weights in found.attention]
        scores = self.mixture.encoder(found.logits) if self.mixture else self.task.scores(found.logits)
        return {"encoder": scores, "attention": attention, "pooling": found.pooling}

    def ngram_contributions(self, words, contrast):
        """Returns the contributions of words to a weighted sum of the logits of the mixture, through their n-grams.

        Args:
            words: ragged words (batch, words).
            contrast: factor of each logit in the sum, (batch, classes).
        """
        weights = self.mixture.weights[1]  # pyright: ignore[reportOptionalMemberAccess]
        return self.ngram_model.contributions(words, weights * contrast)  # pyright: ignore

    def looked_at(self, words: tf.RaggedTensor) -> dict[str, tf.Tensor]:
        """Returns tokens, and attention and pooling weights, for words (batch, words).

        Returns:
            tokens: strings (batch, tokens).
            attention_<layer>: (batch, heads, tokens, tokens).
            pooling_<kind>: (batch, tokens).
        """
        read = self.encoded(words)
        states, _ = self.embed(read["ids"])
        real = read["ids"] != PADDING_ID
        watched = self.watch(states, real)
        longest = tf.maximum(tf.reduce_max(tf.math.count_nonzero(real, axis=1)), 1)  # the rest is padding
        layers = enumerate(watched["attention"])
        attention = {f"attention_{layer}": weights[:, :, :longest, :longest] for layer, weights in layers}
        pooling = {f"pooling_{kind}": weights[:, :longest] for kind, weights in watched["pooling"].items()}
        return {"tokens": read["tokens"][:, :longest], **attention, **pooling}
