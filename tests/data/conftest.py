"""Files to read: `write` writes a table, text (compressed according to the name) or raw bytes to a folder."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier.settings import DataSettings


def zstd(data: bytes) -> bytes:
    return pa.Codec("zstd").compress(data, asbytes=True)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(name: str, content: bytes | str | dict | pa.Table) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, dict | pa.Table):
            pq.write_table(content if isinstance(content, pa.Table) else pa.table(content), path)
            return path
        if isinstance(content, str):
            compress = {".gz": gzip.compress, ".zst": zstd}.get(path.suffix, bytes)
            content = compress(content.encode())
        path.write_bytes(content)
        return path

    return write


@pytest.fixture
def settings() -> Callable[..., DataSettings]:
    def settings(train: object = "", **others: object) -> DataSettings:
        return DataSettings(name="test", train=train, root="", **others)

    return settings
