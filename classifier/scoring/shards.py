"""Divides the work on an output file into shards that survive the process: kill -9 loses at most one shard."""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from classifier.data.files import format_of
from classifier.errors import UserError
from classifier.files import locked, sync_folder
from classifier.scoring.new_file import Unclosed, explained, new_file
from classifier.scoring.plan import exists_already, shards_folder

BLOCK = 2**20  # bytes that are copied at a time


class Shards:
    """A folder `<output>.shards` next to the output with finished shards and a manifest; a context manager.

    The manifest describes the work (`job`) and the input (`survey`), and has the size and the totals of each finished
    shard. Shards that are not in the manifest are written again.

    Args:
        output: the output file.
        job: everything that affects the output, as JSON.
        overwrite: whether to replace an existing output, or shards of another job.

    Raises:
        UserError: on entering, if the output exists, or the folder has shards of another job.
    """

    def __init__(self, output: Path, job: dict[str, Any], overwrite: bool) -> None:
        self.output = output.resolve()  # so that a link is not replaced
        self.folder = shards_folder(output)
        self.manifest: dict[str, Any] = {"job": job, "survey": None, "shards": [], "joined": False}
        self.overwrite = overwrite
        self.resources = contextlib.ExitStack()

    def __enter__(self) -> "Shards":
        with contextlib.ExitStack() as entered:
            with explained(self.folder):
                entered.enter_context(locked(self.folder, "scoring"))
            self.resume()
            entered.callback(self.tidy)  # only now, because the folder may belong to another job
            self.resources = entered.pop_all()
        return self

    def __exit__(self, *problem: Any) -> None:
        self.resources.__exit__(*problem)

    def resume(self) -> None:
        """Resumes the work of an earlier process.

        Raises:
            UserError: if the earlier work was another job, or its manifest is damaged.
        """
        earlier = self.earlier()
        if earlier["job"] != self.manifest["job"] and earlier["shards"] and not self.overwrite:
            raise UserError(
                f"{self.folder} holds {len(earlier['shards'])} finished shards of another job: "
                f"{differences(earlier['job'], self.manifest['job'])}. Run that job again to continue it, or start "
                "again with overwrite=true, which deletes them."
            )
        if earlier["job"] == self.manifest["job"]:
            earlier["joined"] = earlier["joined"] and (self.joined.exists() or self.output.exists())
            if not earlier["joined"]:
                intact = [self.is_intact(place, shard) for place, shard in enumerate(earlier["shards"])]
                earlier["shards"] = earlier["shards"][: [*intact, False].index(False)]
            self.manifest = earlier
        if self.output.exists() and not self.overwrite and not self.manifest["joined"]:
            raise exists_already(self.output)

    def earlier(self) -> dict[str, Any]:
        """Returns the manifest of an earlier process, or that of this process if there is none."""
        path = self.folder / "manifest.json"
        try:
            found = json.loads(path.read_text()) if path.exists() else self.manifest
            if found.keys() == self.manifest.keys():
                return found
        except (ValueError, AttributeError):
            pass
        if self.overwrite:
            return self.manifest
        raise UserError(f"{path} is damaged. Start again with overwrite=true, which deletes the shards next to it.")

    def is_intact(self, place: int, shard: dict[str, Any]) -> bool:
        """Whether the finished shard still exists with the same size."""
        path = self.path(place)
        return path.exists() and path.stat().st_size == shard["bytes"]

    def path(self, place: int) -> Path:
        """Returns the path of a shard."""
        return self.folder / f"{place:06}{''.join(self.output.suffixes[-2:])}"

    @property
    def joined(self) -> Path:
        """The file with all shards, before it is renamed to the output."""
        return self.folder / f"joined{''.join(self.output.suffixes[-2:])}"

    @property
    def finished(self) -> list[dict[str, Any]]:
        """The totals of each finished shard."""
        return [shard["totals"] for shard in self.manifest["shards"]]

    @property
    def complete(self) -> bool:
        """Whether all shards are joined, so that at most the renaming is left."""
        return self.manifest["joined"]

    def remember(self, survey: dict[str, Any]) -> None:
        """Saves the survey of the input."""
        self.manifest["survey"] = survey
        self.save()

    @contextlib.contextmanager
    def new(self, place: int, totals: Any) -> Iterator[BinaryIO]:
        """Yields a stream for a new shard, which is finished when the context ends without an error.

        `totals.as_json()` is stored in the manifest.
        """
        path = self.path(place)
        with new_file(path, self.outlook()) as stream:
            yield stream
        self.manifest["shards"].append({"bytes": path.stat().st_size, "totals": totals.as_json()})
        self.save()

    def outlook(self) -> str:
        """Describes what is kept if the work is interrupted now."""
        count = len(self.manifest["shards"])
        if not count:
            return "Nothing was left behind."
        return f"{count} finished shards are kept in {self.folder}: the same command continues after them."

    def save(self) -> None:
        with new_file(self.folder / "manifest.json", self.outlook()) as stream:
            stream.write(json.dumps(self.manifest).encode())

    def join(self) -> None:
        """Joins the shards to the output; the folder is deleted afterwards."""
        paths = [self.path(place) for place in range(len(self.manifest["shards"]))]
        if not self.complete:
            with new_file(self.joined, self.outlook()) as stream:
                (join_parquet if format_of(self.output) == "parquet" else join_bytes)(paths, stream)
            self.manifest["joined"] = True
            self.save()
        with explained(self.output, self.outlook()):
            if self.joined.exists():
                if self.output.exists():
                    shutil.copymode(self.output, self.joined)
                os.replace(self.joined, self.output)
                sync_folder(self.output.parent)
        self.manifest["shards"] = []

    def tidy(self) -> None:
        """Removes the folder if it has no finished shard."""
        if not self.manifest["shards"]:
            shutil.rmtree(self.folder, ignore_errors=True)


def join_bytes(paths: list[Path], stream: BinaryIO) -> None:
    """Concatenates the files; concatenated gzip members and zstd frames are valid files, too."""
    for path in paths:
        with open(path, "rb") as shard:
            shutil.copyfileobj(shard, stream, BLOCK)


def join_parquet(paths: list[Path], stream: BinaryIO) -> None:
    """Concatenates the row groups."""
    from pyarrow.parquet import ParquetFile, ParquetWriter

    with ParquetFile(paths[0]) as first:
        schema = first.schema_arrow
    with ParquetWriter(Unclosed(stream), schema, compression="zstd") as writer:
        for path in paths:
            with ParquetFile(path) as shard:
                for group in range(shard.num_row_groups):
                    table = shard.read_row_group(group)
                    writer.write_table(table, row_group_size=max(1, table.num_rows))


def differences(earlier: dict[str, Any], now: dict[str, Any]) -> str:
    """Describes the differences between two jobs.

    >>> differences({"model": "a", "top_k": 0}, {"model": "b", "top_k": 3})
    'its model was another, top_k was 0 and is 3'
    """
    found = []
    for key in now:
        was, is_ = earlier.get(key), now[key]
        if was == is_:
            continue
        if key == "input":
            was = was or []
            odd = [name for name, digest in [*is_, *was] if [name, digest] not in is_ or [name, digest] not in was]
            found.append(f"its input was another ({odd[0] if odd else 'the order of the files'} differs)")
        else:
            found.append(f"its {key} was another" if key == "model" else f"{key} was {was} and is {is_}")
    return ", ".join(found)
