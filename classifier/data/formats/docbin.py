"""Documents of spaCy with categories, `doc.cats`, in a DocBin."""

from collections.abc import Iterator
from pathlib import Path

from classifier.data.files import reading, require_content
from classifier.data.formats.labelled import Glance, LeftOut, labelled
from classifier.data.row import Row
from classifier.errors import UserError, on_own_line
from classifier.settings import DataSettings

SUFFIX = ".spacy"
THRESHOLD = 0.5  # of the score of a category that applies


def recognizes(glance: Glance) -> bool:
    """Whether the name ends as those of DocBin do."""
    return glance.kind == SUFFIX


def read(path: Path, settings: DataSettings, notices: list[str]) -> Iterator[Row]:
    """Yields one row per document; the category whose score is 0.5 or more is its label.

    Raises:
        UserError: if spaCy is not installed, or the file is not a DocBin.
    """
    try:
        from spacy.tokens import DocBin  # pyright: ignore[reportMissingImports]
        from spacy.vocab import Vocab  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise UserError(
            f"{path}: a DocBin needs spaCy. Export JSON Lines, or install it:"
            + on_own_line('pip install "spacy>=3.8,<4"')
        ) from None
    left_out = LeftOut(path)
    with reading(path, Exception):  # msgpack, zlib and spaCy have errors of their own
        require_content(path)
        documents = DocBin().from_disk(path)
    for number, document in enumerate(documents.get_docs(Vocab()), 1):
        labels = [name for name, score in document.cats.items() if score >= THRESHOLD]
        if labels:
            yield labelled(number, document.text, labels)
        else:
            left_out.add("without a category that applies" if document.cats else "not annotated")
    left_out.report(notices)
