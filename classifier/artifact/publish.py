"""Copies a SavedModel for TensorFlow Serving to <folder of the model>/<version>/ with increasing versions."""

import errno
import os
import secrets
import shutil
from pathlib import Path

from classifier.errors import UserError
from classifier.files import sync_folder

TAKEN = (errno.ENOTEMPTY, errno.EEXIST)


def check_serving_dir(serving_dir: str, key: str = "export.serving_dir") -> None:
    """Raises UserError, which names the key, if the folder cannot be written; does not create it."""
    folder = split(serving_dir)[0]
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise UserError(f"{key}={serving_dir}: {existing} is not a folder that can be written to.")


def publish_model(model: Path, serving_dir: str) -> Path:
    """Copies the SavedModel to the next version atomically, so that a server never sees an incomplete version.

    Args:
        model: folder of the SavedModel.
        serving_dir: folder of the model, such as models/support. The version is the highest existing version plus 1,
            or 1. A number at the end, such as models/support/7, is the minimum of the version.

    Returns:
        The folder of the version.

    Raises:
        UserError: if it cannot be written; nothing is left behind.
    """
    folder, least = split(serving_dir)
    part = folder / f".publishing-{secrets.token_hex(6)}"  # not a number, and therefore not a version
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(model, part)
        for path in part.rglob("*"):
            if path.is_file():
                sync_file(path)
        return rename_to_next(part, folder, least)
    except shutil.Error as error:  # of several files, each with source, target and reason
        reason = str(error.args[0][0][2]).rpartition("] ")[2]
        raise UserError(f"The model {model} cannot be published in {folder}: {reason}.") from error
    except OSError as error:
        raise UserError(f"The model {model} cannot be published in {folder}: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def rename_to_next(part: Path, folder: Path, least: int) -> Path:
    """Renames the folder to the next version; skips versions that other processes create at the same time."""
    version = max(least, *(number + 1 for number in versions(folder)), 1)
    while True:
        try:
            if (folder / str(version)).exists():  # an empty folder would be replaced silently
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
            os.rename(part, folder / str(version))
            sync_folder(folder)
            return folder / str(version)
        except OSError as error:
            if error.errno not in TAKEN:
                raise
            version += 1


def versions(folder: Path) -> list[int]:
    """Returns the existing versions."""
    return [int(path.name) for path in folder.iterdir() if path.name.isdecimal()] if folder.is_dir() else []


def split(serving_dir: str) -> tuple[Path, int]:
    """Returns the folder of the model, and the number at the end or 0.

    >>> split("models/support"), split("models/support/7")
    ((PosixPath('models/support'), 0), (PosixPath('models/support'), 7))
    """
    path = Path(serving_dir).expanduser()
    return (path.parent, int(path.name)) if path.name.isdecimal() else (path, 0)


def sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
