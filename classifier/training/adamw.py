"""AdamW with a fused update of weights, and a sparse update of the embedding rows that occur in a batch."""

from collections.abc import Mapping
from types import MappingProxyType

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="classifier")
class AdamW(keras.optimizers.AdamW):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2), with the arguments of Keras's AdamW.

    Weights are updated as in Keras, but with one fused operation instead of a dozen. Only the embedding rows of the
    tokens in the batch are updated ("lazy" Adam, as in torch.optim.SparseAdam): most rows do not occur in a batch, so
    that a step does not require passes over the whole table.

    `rate_factors`, by the path of a variable, multiply its learning rate.
    """

    rate_factors: Mapping[str, float] = MappingProxyType({})

    def _clip_gradients(self, grads):
        grads = [summed(grad) if isinstance(grad, tf.IndexedSlices) else grad for grad in grads]
        if self.global_clipnorm:  # Keras would convert the gradient of the embedding to a dense tensor
            return tf.clip_by_global_norm(grads, self.global_clipnorm)[0]
        return super()._clip_gradients(grads)

    def apply(self, grads, trainable_variables=None):
        step = tf.cast(self.iterations + 1, tf.float32)
        self.powers = tf.pow(self.beta_1, step), tf.pow(self.beta_2, step)  # computed once for all variables
        super().apply(grads, trainable_variables)

    def update_step(self, gradient, variable, learning_rate):
        if self.rate_factors:
            path = self._trainable_variables[self._get_variable_index(variable)].path
            learning_rate = learning_rate * self.rate_factors.get(path, 1.0)
        if self.amsgrad:  # there is no fused operation for AMSGrad
            return super().update_step(gradient, variable, learning_rate)
        momentum, velocity = (
            group[self._get_variable_index(variable)].value for group in (self._momentums, self._velocities)
        )
        powers = [tf.cast(power, variable.dtype) for power in self.powers]
        rate = tf.cast(learning_rate, variable.dtype)
        if isinstance(gradient, tf.IndexedSlices):
            rate *= tf.sqrt(1 - powers[1]) / (1 - powers[0])
            return self.update_rows(gradient, variable, momentum, velocity, rate)
        return tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=momentum.handle,
            v=velocity.handle,
            beta1_power=powers[0],
            beta2_power=powers[1],
            lr=rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )

    def update_rows(self, gradient: tf.IndexedSlices, variable, momentum, velocity, rate) -> None:
        """Updates the rows of a sparse gradient, which must be distinct."""
        rows, values = gradient.indices, gradient.values
        mean = self.beta_1 * tf.gather(momentum, rows) + (1 - self.beta_1) * values
        square = self.beta_2 * tf.gather(velocity, rows) + (1 - self.beta_2) * tf.square(values)
        momentum.scatter_update(tf.IndexedSlices(mean, rows))
        velocity.scatter_update(tf.IndexedSlices(square, rows))
        variable.scatter_sub(tf.IndexedSlices(rate * mean / (tf.sqrt(square) + self.epsilon), rows))


def summed(gradient: tf.IndexedSlices) -> tf.IndexedSlices:
    """Sums the values of duplicate rows, so that each row occurs once."""
    rows, places = tf.unique(gradient.indices)
    values = tf.math.unsorted_segment_sum(gradient.values, places, tf.size(rows))
    return tf.IndexedSlices(values, rows, gradient.dense_shape)
