"""The work on one output file, cut into shards that outlive the process: kill -9 costs one shard at most."""

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

BLOCK = 2**20  # bytes copied at a time


class Shards:
    """A folder beside the output, `<output>.shards`, of finished shards and a manifest that knows them; a context.

    The manifest holds what the work is (`job`), what was learned of the input (`survey`) and, of each finished shard,
    its bytes and its totals. A shard that it does not hold does not count: it is written again.

    Args:
        output: file to be written.
        job: whatever the bytes of the output depend on, as JSON.
        overwrite: whether an output that exists, or shards of another job, may be replaced.

    Raises:
        UserError: on entering, where the output exists, or the folder holds shards of another job.
    """

    def __init__(self, output: Path, job: dict[str, Any], overwrite: bool) -> None:
        self.output = output.resolve()  # a link stays a link
        self.folder = shards_folder(output)
        self.manifest: dict[str, Any] = {"job": job, "survey": None, "shards": [], "joined": False}
        self.overwrite = overwrite
        self.resources = contextlib.ExitStack()

    def __enter__(self) -> "Shards":
        with contextlib.ExitStack() as entered:
            with explained(self.folder):
                entered.enter_context(locked(self.folder, "scoring"))
            self.take_up()
            entered.callback(self.tidy)  # not sooner: what is refused may belong to another job
            self.resources = entered.pop_all()
        return self

    def __exit__(self, *problem: Any) -> None:
        self.resources.__exit__(*problem)

    def take_up(self) -> None:
        """Goes on with what an earlier process has finished.

        Raises:
            UserError: where that was another job, or nothing can be known of it.
        """
        earlier = self.earlier()
        if earlier["job"] != self.manifest["job"] and earlier["shards"] and not self.overwrite:
            raise UserError(
                f"{self.folder} holds {len(earlier['shards'])} finished shards of another job: "
                f"{differences(earlier['job'], self.manifest['job'])}. Run that one again to go on with it, or start "
                "again with overwrite=true, which deletes them."
            )
        if earlier["job"] == self.manifest["job"]:
            earlier["joined"] = earlier["joined"] and (self.joined.exists() or self.output.exists())
            if not earlier["joined"]:
                whole = [self.whole(place, shard) for place, shard in enumerate(earlier["shards"])]
                earlier["shards"] = earlier["shards"][: [*whole, False].index(False)]
            self.manifest = earlier
        if self.output.exists() and not self.overwrite and not self.manifest["joined"]:
            raise exists_already(self.output)

    def earlier(self) -> dict[str, Any]:
        """The manifest of an earlier process; of this one where there is none."""
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

    def whole(self, place: int, shard: dict[str, Any]) -> bool:
        """Whether the shard is still there as it was finished."""
        path = self.path(place)
        return path.exists() and path.stat().st_size == shard["bytes"]

    def path(self, place: int) -> Path:
        """Of a shard."""
        return self.folder / f"{place:06}{''.join(self.output.suffixes[-2:])}"

    @property
    def joined(self) -> Path:
        """All shards in one file, before it takes the name of the output."""
        return self.folder / f"joined{''.join(self.output.suffixes[-2:])}"

    @property
    def finished(self) -> list[dict[str, Any]]:
        """What was told of each finished shard."""
        return [shard["totals"] for shard in self.manifest["shards"]]

    @property
    def complete(self) -> bool:
        """Whether nothing is left but to take the output's name, or not even that."""
        return self.manifest["joined"]

    def remember(self, survey: dict[str, Any]) -> None:
        """Keeps what was learned of the input."""
        self.manifest["survey"] = survey
        self.save()

    @contextlib.contextmanager
    def new(self, place: int, totals: Any) -> Iterator[BinaryIO]:
        """Bytes written here are a finished shard when the block ends well; `totals.as_json()` is kept with it."""
        path = self.path(place)
        with new_file(path, self.outlook()) as stream:
            yield stream
        self.manifest["shards"].append({"bytes": path.stat().st_size, "totals": totals.as_json()})
        self.save()

    def outlook(self) -> str:
        """What is left when the work breaks off now."""
        kept = len(self.manifest["shards"])
        if not kept:
            return "Nothing was left behind."
        return f"{kept} finished shards are kept in {self.folder}: the same command goes on after them."

    def save(self) -> None:
        with new_file(self.folder / "manifest.json", self.outlook()) as stream:
            stream.write(json.dumps(self.manifest).encode())

    def join(self) -> None:
        """Puts the shards together; the output appears, and the folder goes."""
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
        """Removes the folder where it holds no finished shard."""
        if not self.manifest["shards"]:
            shutil.rmtree(self.folder, ignore_errors=True)


def join_bytes(paths: list[Path], stream: BinaryIO) -> None:
    """One after the other: members of gzip and frames of zstd make one file too."""
    for path in paths:
        with open(path, "rb") as shard:
            shutil.copyfileobj(shard, stream, BLOCK)


def join_parquet(paths: list[Path], stream: BinaryIO) -> None:
    """The row groups one after the other."""
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
    """What is not the same, in words.

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
            odd = [name for name, _ in (one for one in [*is_, *was] if one not in is_ or one not in was)]
            found.append(f"its input was another ({odd[0] if odd else 'the order of the files'} differs)")
        else:
            found.append(f"its {key} was another" if key == "model" else f"{key} was {was} and is {is_}")
    return ", ".join(found)
