"""Reading data files: from paths to lists of texts and labels.

A file (CSV, TSV, JSON, Parquet, XLSX, plain text; see `files`) is read as a stream of `Row`s (`rows`, with one reader
per format: `delimited`, `json_lines`, `parquet`, `xlsx`, `plain_text`). `records` splits lines into fields, and
`quotes` detects what quotation marks mean. The values of a row are converted to a text and a label (`fields`), labels
to classes (`labels`, `classes`; `none_of_these` for texts that belong to none of them), and the rows of several files
to `Examples` (`examples`). The examples are split into train, valid and test (`splits`: `stratified` at random, or
`held_out` by group or time), or the `folds` of a cross-validation, and searched for duplicated texts (`duplicates`).
A row that cannot be used becomes a `Reject` with a reason (`rejects`): a few rejected rows are skipped and reported,
too many raise an error. Files of annotation tools, libraries and services have readers of their own (`formats`).
Every mistake that a user can fix is a `UserError` that names the file, the row and the column. Texts without labels
(`unlabelled`) and the probabilities of texts (`probabilities`) are for a training that learns from another model.

    splits = load_splits(settings, seed=1)
    splits.train.texts[0], splits.train.label_names[splits.train.labels[0]], splits.train.origins[0]

Scoring has no labels, and must return a result for every row:

    check_columns(path, reading)
    for row in read_rows(path, reading):
        text, problem, column = text_of(row, columns)

Vocabularies, tokenizers and batches do not belong in this package.
"""

from classifier.data.classes import KnownClasses, listed
from classifier.data.duplicates import Contradiction, write_contradictions
from classifier.data.examples import DataFile, Examples, Loaded, read_examples
from classifier.data.fields import label_of, text_columns, text_of
from classifier.data.files import FORMATS, file_sha256, find_files, find_folder
from classifier.data.formats.choose import content_sha256, find_labelled
from classifier.data.probabilities import PROBABILITY, check_probabilities, read_probabilities
from classifier.data.rejects import Reject, TooManyBadRows, write_rejects
from classifier.data.row import Row
from classifier.data.rows import check_columns, read_rows
from classifier.data.splits import Splits, load_splits
from classifier.data.unlabelled import add_unlabelled, check_unlabelled, read_texts

__all__ = [
    "FORMATS",
    "PROBABILITY",
    "Contradiction",
    "DataFile",
    "Examples",
    "KnownClasses",
    "Loaded",
    "Reject",
    "Row",
    "Splits",
    "TooManyBadRows",
    "add_unlabelled",
    "check_columns",
    "check_probabilities",
    "check_unlabelled",
    "content_sha256",
    "file_sha256",
    "find_files",
    "find_folder",
    "find_labelled",
    "label_of",
    "listed",
    "load_splits",
    "read_examples",
    "read_probabilities",
    "read_rows",
    "read_texts",
    "text_columns",
    "text_of",
    "write_contradictions",
    "write_rejects",
]
