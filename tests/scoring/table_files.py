"""Reads and writes tables without this package."""

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


def read(path: Path) -> list[dict[str, Any]]:
    """Reads the rows of a file."""
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    if path.suffix == ".zst":
        data = pa.CompressedInputStream(pa.BufferReader(data), "zstd").read()
    if "jsonl" in path.name:
        return [json.loads(line) for line in data.decode().split("\n")[:-1]]
    return list(csv.DictReader(io.StringIO(data.decode(), newline=""), delimiter="\t" if "tsv" in path.name else ","))


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Writes a file in the format of its extension."""
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
        return path
    text = io.StringIO(newline="")
    if "jsonl" in path.name:
        text.writelines(json.dumps(row) + "\n" for row in rows)
    else:
        writer = csv.DictWriter(text, list(rows[0]), delimiter="\t" if "tsv" in path.name else ",")
        writer.writeheader()
        writer.writerows(rows)
    compress = {".gz": gzip.compress, ".zst": lambda data: pa.Codec("zstd").compress(data, asbytes=True)}
    path.write_bytes(compress.get(path.suffix, bytes)(text.getvalue().encode()))
    return path
