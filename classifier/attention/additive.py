"""Additive attention (Bahdanau et al. 2015, "Neural Machine Translation by Jointly Learning to Align ...")."""

import keras
import tensorflow as tf
from keras import ops

from classifier.attention.base import Attention

BLOCK = 2**17  # values of tanh that are computed at a time: half a megabyte, which fits in the cache of the processor


@keras.saving.register_keras_serializable(package="classifier")
class AdditiveAttention(Attention):
    """score(query, key) = v . tanh(W query + U key)   (appendix A.1.2).

    Time is proportional to queries x keys x width, with a slow tanh; memory only to queries x keys, because the hidden
    layer is computed in blocks and not stored.

    Args:
        dropout: see `Attention`.
    """

    def build(self, query_shape, value_shape, key_shape=None):
        width = query_shape[-1]
        self.query = self.projection("query", width, query_shape, use_bias=False)
        self.key = self.projection("key", width, key_shape or value_shape, use_bias=False)
        normal = keras.initializers.RandomNormal(stddev=width**-0.5)
        self.energy = self.add_weight((width,), initializer=normal, name="energy")

    def project(self, query, key, value):
        return self.query(query), self.key(key), value

    def scores(self, query, key):
        return additive_scores(query, key, ops.cast(self.energy, query.dtype))


@ops.custom_gradient
def additive_scores(query, key, energy):
    """Computes energy . tanh(query + key) for each pair, as scores of shape (batch, queries, keys).

    The queries are processed in blocks, and the backward pass recomputes the tanh: d tanh(x) = (1 - tanh(x)^2) dx.

    Args:
        query: tensor of shape (batch, queries, units).
        key: tensor of shape (batch, keys, units).
        energy: tensor of shape (units,).
    """
    batch, queries, units = ops.shape(query)
    block = ops.maximum(1, BLOCK // ops.maximum(1, batch * ops.shape(key)[1] * units))
    blocks = ops.maximum(1, (queries + block - 1) // block)  # one empty block if there are no queries
    block = (queries + blocks - 1) // blocks  # equal sizes, to minimize the padding

    def cut(states):
        padded = ops.pad(states, [[0, 0], [0, blocks * block - queries], [0, 0]])
        return ops.transpose(ops.reshape(padded, (batch, blocks, block, ops.shape(states)[-1])), (1, 0, 2, 3))

    def join(found):
        of_texts = ops.transpose(found, (1, 0, 2, 3))
        return ops.reshape(of_texts, (batch, blocks * block, ops.shape(found)[-1]))[:, :queries]

    def hidden(of_block):
        return ops.tanh(of_block[:, :, None, :] + key[:, None, :, :])

    def score(of_block):
        # matmul of two axes by two, because four by two axes corrupts memory:
        # https://github.com/tensorflow/tensorflow/issues/117700
        found = hidden(of_block)
        return ops.reshape(ops.matmul(ops.reshape(found, (-1, units)), energy[:, None]), ops.shape(found)[:3])

    def gradient(upstream):
        of_blocks, upstreams = cut(query), cut(upstream)

        def add_block(number, of_query, of_key, of_energy):
            found, arriving = hidden(of_blocks[number]), upstreams[number]
            slopes = tf.raw_ops.TanhGrad(y=found, dy=tf.broadcast_to(arriving[..., None], ops.shape(found)))
            of_query = of_query.write(number, ops.sum(slopes, axis=2))
            of_key = of_key + ops.cast(ops.sum(slopes, axis=1), "float32")
            by_query = ops.matmul(arriving[:, :, None, :], found)
            return number + 1, of_query, of_key, of_energy + ops.sum(ops.cast(by_query, "float32"), axis=(0, 1, 2))

        collected = tf.TensorArray(query.dtype, size=blocks, element_shape=(None, None, query.shape[-1]))
        start = (0, collected, ops.zeros_like(key, dtype="float32"), ops.zeros_like(energy, dtype="float32"))
        # tf.while_loop, because keras.ops.while_loop cannot collect the results of blocks without copying them
        _, of_query, of_key, of_energy = tf.while_loop(lambda number, *_: number < blocks, add_block, start)
        return join(of_query.stack()) * energy, ops.cast(of_key, key.dtype) * energy, ops.cast(of_energy, energy.dtype)

    return join(ops.map(score, cut(query))), gradient
