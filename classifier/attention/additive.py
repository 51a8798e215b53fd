"""Additive attention (Bahdanau et al. 2015, "Neural Machine Translation by Jointly Learning to Align ...")."""

from collections.abc import Callable

import keras
from keras import ops

from classifier.attention.base import Attention

BLOCK = 2**18  # values of tanh in memory at a time: a megabyte, which stays in the processor's cache


@keras.saving.register_keras_serializable(package="classifier")
class AdditiveAttention(Attention):
    """score(query, key) = v . tanh(W query + U key)   (appendix A.1.2).

    Time grows with queries x keys x width, which the tanh makes slow; memory with queries x keys only, since the
    hidden layer is computed block by block and never kept.

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
    """energy . tanh(query + key) of each pair: (batch, queries, units), (batch, keys, units) -> (batch, queries, keys).

    Backwards the tanh are computed anew, for d tanh(x) = (1 - tanh(x)^2) dx.

    Args:
        query: (batch, queries, units).
        key: (batch, keys, units).
        energy: (units,).
    """

    def score(hidden):
        # not matmul: https://github.com/tensorflow/tensorflow/issues/117700 (four axes by two damages memory)
        return ops.sum(hidden * energy, axis=-1)

    def gradient(upstream):
        def slopes(hidden, upstream):  # of all queries of a block, summed over the keys
            upstream = upstream[:, :, None, :]
            return ops.sum(upstream, axis=-1) - ops.matmul(upstream, hidden * hidden)[:, :, 0]

        def slopes_and_hidden(hidden, upstream):
            summed = ops.matmul(upstream[:, :, None, :], hidden)[:, :, 0]
            return ops.concatenate([slopes(hidden, upstream), summed], axis=-1)

        of_query, of_energy = ops.split(blockwise(slopes_and_hidden, query, key, upstream), 2, axis=-1)
        of_key = blockwise(slopes, key, query, ops.swapaxes(upstream, 1, 2))
        return of_query * energy, of_key * energy, ops.sum(of_energy, axis=(0, 1))

    return blockwise(score, query, key), gradient


def blockwise(function: Callable, query, key, *more):
    """A function of tanh(query + key), computed for some queries at a time.

    Args:
        function: maps (batch, block, keys, units), and of each of `more` (batch, block, any), to (batch, block, any).
        query: (batch, queries, units).
        key: (batch, keys, units).
        more: (batch, queries, any).
    """
    batch, queries, units = ops.shape(query)
    block = ops.maximum(1, BLOCK // ops.maximum(1, batch * ops.shape(key)[1] * units))
    blocks = (queries + block - 1) // block
    block = (queries + blocks - 1) // blocks  # as even as may be, so that little is computed for nothing

    def cut(states):
        padded = ops.pad(states, [[0, 0], [0, blocks * block - queries], [0, 0]])
        return ops.transpose(ops.reshape(padded, (batch, blocks, block, ops.shape(states)[-1])), (1, 0, 2, 3))

    def compute(parts):
        return function(ops.tanh(parts[0][:, :, None, :] + key[:, None, :, :]), *parts[1:])

    found = ops.transpose(ops.map(compute, [cut(states) for states in (query, *more)]), (1, 0, 2, 3))
    return ops.reshape(found, (batch, blocks * block, ops.shape(found)[-1]))[:, :queries]
