"""A checkpoint is complete, or it is the previous checkpoint."""

import os

import numpy as np
import pytest
from hypothesis import given, settings, strategies
from hypothesis.extra import numpy as arrays

from classifier.errors import UserError
from classifier.training.checkpoint import load_checkpoint, save_checkpoint

KINDS = strategies.sampled_from([np.float32, np.float16, np.int64, np.int32, np.uint8, bool])
ARRAYS = arrays.arrays(KINDS, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
NAMES = strategies.sampled_from(["model", "optimizer", "best"])
GROUPS = strategies.dictionaries(NAMES, strategies.lists(ARRAYS, min_size=1, max_size=12))
VALUES = strategies.none() | strategies.integers() | strategies.floats(allow_nan=False) | strategies.text()
STATES = strategies.dictionaries(strategies.text(), VALUES | strategies.lists(VALUES, max_size=3), max_size=4)
STATE, GROUP = {"epoch": 3, "history": [{"loss": 0.5}]}, {"model": [np.arange(5.0)]}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "training.npz"


@given(state=STATES, groups=GROUPS)
@settings(deadline=None, max_examples=50)
def test_round_trip(tmp_path_factory, state, groups):
    path = tmp_path_factory.mktemp("checkpoint") / "new folder" / "training.npz"
    save_checkpoint(path, state, groups)
    loaded_state, loaded_groups = load_checkpoint(path)
    assert loaded_state == state
    assert loaded_groups.keys() == groups.keys()
    for name, group in groups.items():
        for array, loaded in zip(group, loaded_groups[name], strict=True):
            np.testing.assert_array_equal(loaded, array, strict=True)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_no_file(path):
    assert load_checkpoint(path) is None


def test_the_newer_replaces_the_older(path):
    save_checkpoint(path, STATE, GROUP)
    save_checkpoint(path, {"epoch": 4}, {})
    assert load_checkpoint(path) == ({"epoch": 4}, {})


@pytest.mark.parametrize("failing", ["replace", "fsync"])
def test_a_crash_leaves_the_old_file(path, monkeypatch, failing):
    def crash(*_):
        raise OSError("no space left on device")

    save_checkpoint(path, STATE, GROUP)
    monkeypatch.setattr(os, failing, crash)
    with pytest.raises(OSError, match="no space left"):
        save_checkpoint(path, {"epoch": 4}, {"model": [np.zeros(5)]})
    monkeypatch.undo()
    state, groups = load_checkpoint(path)
    assert state == STATE
    np.testing.assert_array_equal(groups["model"], GROUP["model"])
    save_checkpoint(path, {"epoch": 5}, {})
    assert load_checkpoint(path) == ({"epoch": 5}, {})


def test_half_a_file_left_by_a_crash_does_not_matter(path):
    path.parent.mkdir()
    path.with_name(".a1.part").write_bytes(b"PK half a file")
    assert load_checkpoint(path) is None
    save_checkpoint(path, STATE, {})
    assert load_checkpoint(path) == (STATE, {})
    assert [one.name for one in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: b"not a checkpoint",
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:100] + bytes(50) + whole[150:],
    ],
    ids=["empty", "other", "cut", "overwritten"],
)
def test_damage_is_named(path, damage):
    save_checkpoint(path, STATE, {"model": [np.arange(500.0)]})
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UserError, match=f"The checkpoint {path} is damaged .* Delete it and start again"):
        load_checkpoint(path)


def test_an_array_file_is_no_checkpoint(path):
    path.parent.mkdir()
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(UserError, match="is damaged"):
        load_checkpoint(path)
