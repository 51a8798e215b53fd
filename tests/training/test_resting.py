"""States that are not trained: the file that holds them, and encoders whose states it cannot hold."""

import errno
import resource
from unittest.mock import MagicMock

import keras
import numpy as np
import pytest

from classifier.errors import UserError
from classifier.training.batches import EncodedTexts
from classifier.training.resting import RESERVED_BYTES, mapped, resting_states

TEXTS = EncodedTexts(np.array([2, 1, 3, 2, 3], np.int32), np.array([0, 3, 5], np.int64))


def scaled(factor: float) -> keras.Model:
    """A model from ids to states of width 2: the ids, multiplied."""
    ids = keras.Input((None,), dtype="int32")
    states = keras.layers.Embedding(4, 2, weights=[np.arange(8, dtype=np.float32).reshape(4, 2) * factor])(ids)
    return keras.Model(ids, states)


def test_states_are_those_of_each_token(tmp_path):
    states = resting_states(scaled(1), TEXTS, tmp_path)
    np.testing.assert_array_equal(states.tokens, [[4, 5], [2, 3], [6, 7], [4, 5], [6, 7]])
    assert not list(tmp_path.iterdir())


def test_states_that_do_not_fit_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"do not fit into 16-bit floats: use encoder\.tune=full"):
        resting_states(scaled(1e5), TEXTS, tmp_path)


@pytest.mark.parametrize("rows", [1, RESERVED_BYTES // 4 + 3])
def test_the_space_of_the_file_is_reserved(tmp_path, rows):
    states = mapped(tmp_path, (rows, 2))
    assert states.shape == (rows, 2)
    assert not states[-1].any()


def test_a_file_that_is_too_large_is_an_error_and_no_signal(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="large") as caught:
            mapped(tmp_path, (1000, 2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.errno == errno.EFBIG
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_an_error_before_anything_is_mapped(tmp_path, monkeypatch):
    full = MagicMock()
    full.__enter__.return_value.write.side_effect = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr("classifier.training.resting.tempfile.TemporaryFile", lambda dir: full)
    with pytest.raises(OSError, match="No space"):
        mapped(tmp_path, (10, 2))
