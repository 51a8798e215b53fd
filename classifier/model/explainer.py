"""What an exported classifier tells about its answers: what it looked at, and what an explanation is computed from."""

import keras
import tensorflow as tf

from classifier.encoders.scratch import embed, explain
from classifier.model.keras_module import KerasModule
from classifier.model.mixture import Mixture
from classifier.model.ngram_model import NgramModel
from classifier.tokenizers import Tokenizer

UNKNOWN_ID = 1  # what the encoder was trained to know as any token; the baseline of an explanation


class Explainer(KerasModule):
    """Exported beside the classifier, whose parts it shares.

    Args:
        encoder: ids (batch, tokens) to logits (batch, classes).
        tokenizer: strings to words and to ids.
        linear: words to logits, or None.
        mixture: of encoder and linear part, or None.
    """

    def __init__(
        self, encoder: keras.Model, tokenizer: Tokenizer, linear: NgramModel | None, mixture: Mixture | None
    ) -> None:
        super().__init__(encoder)
        self.tokenizer, self.linear, self.mixture = tokenizer, linear, mixture
        self.vocabulary = tf.Variable(tf.constant(tokenizer.vocabulary), trainable=False)
        if linear:
            words = tf.RaggedTensorSpec([None, None], tf.string)
            contrast = tf.TensorSpec([None, None], tf.float32)
            self.ngrams = tf.function(self.ngram_contributions, input_signature=[words, contrast])

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def read(self, text):
        """How texts (batch,) are read.

        Returns:
            words: (batch, words), ragged strings.
            ids: int32 (batch, tokens), 0 is padding.
            tokens: strings (batch, tokens), empty at padding, [UNK] where the encoder does not know the token.
            places: the word that the token belongs to, int64 (batch, tokens), -1 at padding.
        """
        words = self.tokenizer.words(text)
        ids = self.tokenizer.padded(words)
        tokens = tf.where(ids > 0, tf.gather(self.vocabulary, ids), "")
        return {"words": words, "ids": ids, "tokens": tokens, "places": self.tokenizer.places(words)}

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32)])
    def embed(self, ids):
        """Ids (batch, tokens) -> the states of their tokens, and those if all were unknown: (batch, tokens, width)."""
        unknown = tf.where(ids > 0, UNKNOWN_ID, 0)
        return embed(self.encoder, ids), embed(self.encoder, unknown)

    @tf.function(input_signature=[tf.TensorSpec([None, None, None]), tf.TensorSpec([None, None], tf.bool)])
    def watch(self, states, mask):
        """From the states of the tokens, (batch, tokens, width), on.

        Returns:
            encoder: what the encoder adds to the logits of the whole, (batch, classes).
            attention: of each layer, (batch, heads, tokens, tokens); a row is a query.
            pooling: by kind, (batch, tokens).
        """
        states.set_shape([None, None, self.encoder.get_layer("embedding").width])
        found = explain(self.encoder, states, mask)
        share = self.mixture.weights[0] if self.mixture else 1.0
        attention = [weights if weights.shape.rank == 4 else weights[:, None] for weights in found.attention]
        return {"encoder": share * tf.nn.log_softmax(found.logits), "attention": attention, "pooling": found.pooling}

    def ngram_contributions(self, words, contrast):
        """What the n-grams of each word give to a sum of logits of the whole.

        Args:
            words: (batch, words).
            contrast: factor of each logit in the sum, (batch, classes).
        """
        return self.mixture.weights[1] * self.linear.contributions(words, contrast)  # pyright: ignore

    def looked_at(self, text):
        """text (batch,) -> tokens (batch, tokens), attention_<layer> (batch, heads, tokens, tokens), pooling_<kind>."""
        read = self.read(text)
        states, _ = self.embed(read["ids"])
        real = read["ids"] > 0
        watched = self.watch(states, real)
        longest = tf.maximum(tf.reduce_max(tf.math.count_nonzero(real, axis=1)), 1)  # what is wider is padding
        layers = enumerate(watched["attention"])
        attention = {f"attention_{layer}": weights[:, :, :longest, :longest] for layer, weights in layers}
        pooling = {f"pooling_{kind}": weights[:, :longest] for kind, weights in watched["pooling"].items()}
        return {"tokens": read["tokens"][:, :longest], **attention, **pooling}
