"""TensorFlow Serving's folder: complete versions with increasing numbers, even if several processes publish."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from classifier.artifact.publish import check_serving_dir, publish_model, rename_to_next
from classifier.errors import UserError
from classifier.publish import publish
from classifier.settings import PublishSettings


@pytest.fixture
def model(tmp_path):
    """A folder that looks like a SavedModel."""
    folder = tmp_path / "model"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    (folder / "variables" / "variables.index").write_bytes(b"weights")
    return folder


def test_versions_count_up(model, tmp_path):
    served = tmp_path / "served" / "support"
    assert publish_model(model, str(served)) == served / "1"
    assert publish_model(model, str(served)) == served / "2"
    assert (served / "2" / "variables" / "variables.index").read_bytes() == b"weights"
    assert sorted(os.listdir(served)) == ["1", "2"]
    assert (model / "saved_model.pb").exists()


def test_a_number_is_the_version_where_it_is_higher(model, tmp_path):
    served = tmp_path / "support"
    assert publish_model(model, f"{served}/7") == served / "7"
    assert publish_model(model, f"{served}/3") == served / "8"
    assert publish_model(model, str(served)) == served / "9"


def test_two_concurrent_publications_get_different_versions(model, tmp_path):
    served = str(tmp_path / "support")
    with ThreadPoolExecutor(8) as threads:
        versions = list(threads.map(lambda _: publish_model(model, served), range(24)))
    assert sorted(int(version.name) for version in versions) == list(range(1, 25))
    assert all((version / "variables" / "variables.index").exists() for version in versions)
    assert len(os.listdir(served)) == 24


def test_the_command_publishes_a_folder(model, tmp_path):
    summary = publish(PublishSettings(str(model), str(tmp_path / "support")), tmp_path)
    assert summary == {"model": str(model), "served": str(tmp_path / "support" / "1")}
    with pytest.raises(UserError, match="there is no such folder"):
        publish(PublishSettings(str(tmp_path / "modle"), str(tmp_path / "support")), tmp_path)


def test_a_version_taken_in_between_is_passed_over(model, tmp_path, monkeypatch):
    """Another process publishes version 1 between our check and our renaming."""
    rename = os.rename

    def beaten(source, target):
        monkeypatch.setattr(os, "rename", rename)
        (tmp_path / "1" / "variables").mkdir(parents=True)
        return rename(source, target)

    monkeypatch.setattr(os, "rename", beaten)
    assert rename_to_next(model, tmp_path, 0) == tmp_path / "2"


def test_what_cannot_be_written_is_refused_before_training_and_leaves_nothing(model, tmp_path, monkeypatch):
    (tmp_path / "note.txt").write_text("no folder")
    with pytest.raises(UserError, match=r"export\.serving_dir=.*note\.txt: .* is not a folder that can be written"):
        check_serving_dir(str(tmp_path / "note.txt"))
    check_serving_dir(str(tmp_path / "new" / "folder"))
    assert not (tmp_path / "new").exists()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("classifier.artifact.publish.shutil.copytree", full)
    with pytest.raises(UserError, match=r"cannot be published in .*: No space left on device"):
        publish_model(model, str(tmp_path / "served"))
    assert os.listdir(tmp_path / "served") == []
