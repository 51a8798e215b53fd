"""Inside the context, products are in bfloat16 if the processor supports it; outside, they are in float32."""

import numpy as np
import pytest
import tensorflow as tf

from classifier.training import precision
from classifier.training.precision import bfloat16_products, processor_has_bfloat16

random = np.random.default_rng(0)
LEFT, RIGHT = (tf.constant(random.normal(size=shape), tf.float32) for shape in ((67, 131), (131, 29)))
reducing = pytest.mark.skipif(not processor_has_bfloat16(), reason="the processor multiplies no bfloat16")


@pytest.fixture
def product():
    """Returns a new graph that is large enough to be rewritten by TensorFlow."""

    @tf.function
    def product(left, right):
        return tf.reduce_sum(tf.nn.relu(tf.matmul(tf.abs(left) + 1, tf.abs(right) + 1) - 1), axis=1) / 29

    return product


@reducing
def test_reduced_within_the_block_and_exact_after_it(product):
    exact = product(LEFT, RIGHT).numpy()
    with bfloat16_products(True):
        reduced = product(LEFT, RIGHT).numpy()
        again = product(LEFT, RIGHT).numpy()
    assert np.abs(reduced - exact).max() > 0
    np.testing.assert_allclose(reduced, exact, rtol=0.01)
    np.testing.assert_array_equal(again, reduced)
    np.testing.assert_array_equal(product(LEFT, RIGHT), exact)


@reducing
def test_a_graph_that_first_ran_within_the_block_is_exact_outside(product):
    with bfloat16_products(True):
        reduced = product(LEFT, RIGHT).numpy()
    left, right = (np.abs(one.numpy().astype(np.float64)) + 1 for one in (LEFT, RIGHT))
    expected = np.maximum(left @ right - 1, 0).sum(axis=1) / 29
    np.testing.assert_allclose(product(LEFT, RIGHT), expected, rtol=1e-6)
    assert np.abs(reduced / expected - 1).max() > 1e-5


@reducing
def test_an_error_within_the_block_ends_it(product):
    exact = product(LEFT, RIGHT).numpy()
    with pytest.raises(ZeroDivisionError), bfloat16_products(True):
        raise ZeroDivisionError
    np.testing.assert_array_equal(product(LEFT, RIGHT), exact)


def test_not_wanted_changes_nothing(product):
    exact = product(LEFT, RIGHT).numpy()
    with bfloat16_products(False):
        np.testing.assert_array_equal(product(LEFT, RIGHT), exact)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("processor : 0\nflags\t\t: fpu avx512f avx512_bf16 sse\nbugs : none\n", True),
        ("processor : 0\nflags\t\t: fpu amx_tile amx_bf16\nprocessor : 1\nflags : fpu\n", True),
        ("processor : 0\nflags\t\t: fpu avx512f avx512_bf16x\nbugs : avx512_bf16\n", False),
        ("processor : 0\nFeatures : fp asimd bf16\n", False),
        ("", False),
    ],
)
def test_flags_of_the_processor(monkeypatch, tmp_path, flags, expected):
    (tmp_path / "cpuinfo").write_text(flags)
    monkeypatch.setattr(precision, "Path", lambda _: tmp_path / "cpuinfo")
    assert processor_has_bfloat16() is expected


def test_the_lookup_is_false_without_a_file(monkeypatch, tmp_path):
    monkeypatch.setattr(precision, "Path", lambda _: tmp_path / "nowhere")
    assert processor_has_bfloat16() is False
