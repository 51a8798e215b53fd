"""The teacher of a training: a model, or files with its probabilities."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifier.artifact.saved_model import SavedClassifier, model_sha256
from classifier.data import (
    FORMATS,
    PROBABILITY,
    Splits,
    check_probabilities,
    file_sha256,
    find_files,
    listed,
    read_probabilities,
)
from classifier.errors import UserError
from classifier.files import whole_file
from classifier.settings import Reading, TrainSettings, as_typed
from classifier.tasks import NO_DECISION, NoneOfThese
from classifier.terminal import counted, say
from classifier.tracking.named_models import model_folder

KEY = b"teacher"  # in the metadata of the kept probabilities: what they were computed from


@dataclass(frozen=True, slots=True)
class Teacher:
    """A model or, if `folder` is None, files of probabilities."""

    name: str  # as typed
    folder: Path | None
    files: list[Path]
    label_names: tuple[str, ...]  # of the files
    sha256: str


def find_teacher(settings: TrainSettings) -> Teacher | None:
    """Returns the teacher of the settings, or None; a model that is not local is downloaded.

    Raises:
        UserError: if there is no such model or file, or a file has no probabilities.
    """
    teacher = settings.distill.teacher
    if teacher is None:
        return None
    name = f"distill.teacher={as_typed(teacher)}"
    if isinstance(teacher, list) or is_table(str(teacher)):
        files = find_files(teacher)
        names = check_probabilities(files, as_scored(settings.data))
        return Teacher(name, None, files, names, hashed([file_sha256(path) for path in files]))
    folder = model_folder(str(teacher), settings.tracking, "distill.teacher")
    return Teacher(name, folder, [], (), model_sha256(folder))


def is_table(teacher: str) -> bool:
    """Whether the name of a teacher is that of a file of probabilities."""
    return any(suffix.lower() in FORMATS for suffix in Path(teacher).suffixes[-2:])


def as_scored(data: Reading) -> Reading:
    """Returns how to read what `classifier score` wrote from the data: in UTF-8, with the same delimiter."""
    return Reading(text=data.text, delimiter=data.delimiter)


def ask_teacher(teacher: Teacher, settings: TrainSettings, splits: Splits, kept: Path) -> np.ndarray:
    """Returns the teacher's probabilities for train and the unlabelled texts, of shape (texts, classes).

    Args:
        teacher: the teacher.
        settings: settings of the training.
        splits: splits with unlabelled texts.
        kept: file for the probabilities of a model, from which a resumed training reads them.

    Raises:
        UserError: if the teacher has other classes, or has no probabilities for some texts.
    """
    texts, names = [*splits.train.texts, *splits.unlabelled], splits.train.label_names
    several = splits.train.several
    if teacher.folder is None:
        check_classes(teacher.name, teacher.label_names, names)
        found, known = read_probabilities(teacher.files, as_scored(settings.data), names, texts, several)
        check_complete(teacher.name, texts, known)
    else:
        refuse_none(teacher, names)
        keep_probabilities(teacher, names, texts, kept, several)
        found, _ = read_probabilities([kept], Reading(), names, texts, several)
    seen = found[: len(splits.train)]
    if several:
        agreement = float(((seen > 0.5) == splits.train.labels).mean())
        say(f"Teacher: it is right about {agreement:.1%} of the labels and texts in train, with a threshold of 0.5")
    else:
        agreement = float(NO_DECISION.right(seen, splits.train.labels).mean())
        say(f"Teacher: {agreement:.1%} of the labels in train are its most likely class")
    return found


def check_classes(teacher: str, given: Sequence[str], wanted: Sequence[str]) -> None:
    """Raises UserError if the classes of the teacher are not those of the training data."""
    missing, other = ([name for name in one if name not in two] for one, two in ((wanted, given), (given, wanted)))
    if missing or other:
        problems = [f"it does not know {listed(missing)}"] * bool(missing) + [f"it also knows {listed(other)}"] * bool(
            other
        )
        raise UserError(
            f"{teacher} has other classes than the training data: {' and '.join(problems)}. Train a teacher on the "
            "same classes."
        )


def refuse_none(teacher: Teacher, names: Sequence[str]) -> None:
    """Raises UserError if the model has a class of none of these that the student does not learn."""
    none = NoneOfThese.read(teacher.folder) if teacher.folder else None
    if none and none.label not in names:
        raise UserError(
            f"{teacher.name} was trained with data.none_of_these={none.label}, a class that cannot be taught "
            "without training texts of it. Choose a teacher that was trained without this key; the student may have it."
        )


def check_complete(teacher: str, texts: Sequence[str], known: np.ndarray) -> None:
    """Raises UserError if there are texts without probabilities."""
    missing = np.flatnonzero(~known)
    if len(missing):
        raise UserError(
            f"{teacher} has no probabilities for {len(missing):,} of {counted(len(texts), 'text')}, such as "
            f"{texts[missing[0]][:60]!r}: score data.train and data.unlabelled with probabilities=true."
        )


def keep_probabilities(
    teacher: Teacher, label_names: Sequence[str], texts: Sequence[str], path: Path, several: bool = False
) -> None:
    """Writes the probabilities of a model to a Parquet file, unless the file has those of this model for these texts.

    Raises:
        UserError: if the model has other classes, or gives several labels to a text and the data one, or vice versa.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    key = hashed([teacher.sha256, *label_names, *texts])
    if path.exists() and pq.read_metadata(path).metadata.get(KEY) == key.encode():
        return
    assert teacher.folder is not None
    classifier = SavedClassifier(teacher.folder)
    check_classes(teacher.name, classifier.label_names, label_names)
    if classifier.decision.several != several:
        what = "several labels, but the training data have one" if not several else "one label, but the data several"
        raise UserError(f"{teacher.name} gives a text {what}. Train a teacher with the same task.")
    say(f"Teacher: {teacher.folder} labels {counted(len(texts), 'text')}")
    found = classifier.probabilities(texts)
    columns = {PROBABILITY + name: column for name, column in zip(classifier.label_names, found.T, strict=True)}
    table = pa.table({"text": pa.array(texts, pa.string()), **columns})
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as stream:
        pq.write_table(table.replace_schema_metadata({KEY: key.encode()}), stream)


def hashed(parts: Sequence[str]) -> str:
    """Returns a hash of strings."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}\n{part}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
