"""The Python interface: a scikit-learn estimator that runs the same training as the command."""

import io
import os
import random
import shutil
import tempfile
import weakref
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError

from classifier.command_line.compose import compose_training
from classifier.data.fields import label_of
from classifier.errors import UserError
from classifier.settings import as_typed
from classifier.terminal import quiet

if TYPE_CHECKING:
    from classifier.explanation.text_explanation import TextExplanation

OPTIONS = {"track": False, "verbose": False}  # parameters that are not settings of the training
SHOWN_CLASSES = 8  # in the representation of a loaded model


class TextClassifier(ClassifierMixin, BaseEstimator):
    """A text classifier with the interface of a scikit-learn estimator.

    >>> model = TextClassifier("encoder=tiny", "trainer.epochs=5")       # doctest: +SKIP
    >>> model.fit(texts, labels).predict(["where is my parcel?"])        # doctest: +SKIP
    array(['delivery'], dtype='<U12')

    Args:
        *overrides: settings of `classifier train`, as on the command line.
        track: whether to log the training as a run in MLflow, as the command does.
        verbose: whether to print the same output as the command.
        **settings: the same settings by name, such as `encoder="tiny"`; `**{"trainer.epochs": 5}`.

    Attributes:
        classes_: the labels in sorted order, as passed to `fit`.
        summary_: the content of the command's summary.json: validation metrics, run, folder of the model.

    Raises:
        UserError: from `fit`, for an invalid setting, text or label.
    """

    def __init__(self, *overrides: str, track: bool = False, verbose: bool = False, **settings: Any) -> None:
        self.track, self.verbose = track, verbose
        self.settings: dict[str, Any] = {}
        for override in overrides:
            key, equals, value = override.partition("=")
            if not equals:
                raise UserError(f"{override!r} is not a setting; write it as 'key=value'.")
            self.settings[key] = Typed(value)
        self.settings |= settings

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Returns the settings and options by name."""
        return {**self.settings, "track": self.track, "verbose": self.verbose}

    def set_params(self, **params: Any) -> "TextClassifier":
        """Changes settings or options; settings are validated by `fit`."""
        for key, value in params.items():
            if key in OPTIONS:
                setattr(self, key, value)
            else:
                self.settings[key] = value
        return self

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:  # scikit-learn's name
        if source := self.__dict__.get("_source"):
            names = list(map(str, self.classes_))
            more = ", ..." if len(names) > SHOWN_CLASSES else ""
            return f"load({source!r})  # {len(names)} classes: {', '.join(names[:SHOWN_CLASSES])}{more}"
        options = [f"{key}={getattr(self, key)}" for key, default in OPTIONS.items() if getattr(self, key) != default]
        return f"TextClassifier({', '.join([*map(repr, self.overrides()), *options])})"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self)}

    def overrides(self) -> list[str]:
        """Returns the settings as typed on the command line."""
        return [
            f"{key}={value if isinstance(value, Typed) else as_typed(value)}" for key, value in self.settings.items()
        ]

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        text: str | Sequence[str] = "text",
        label: str = "label",
        validation_data: Any = None,
    ) -> "TextClassifier":
        """Trains the classifier; 10 % of the examples are used for validation unless `validation_data` is given.

        Args:
            X: texts as a list, an array or a Series, or a DataFrame.
            y: labels, one for each text; None means the column `label` of the DataFrame. A list, tuple or set for each
                text means that a text can have several labels, or none.
            text: text column of a DataFrame, or several columns, which are joined.
            label: label column of a DataFrame.
            validation_data: (X, y), or a DataFrame with the same columns.

        Raises:
            UserError: for an invalid setting, text or label.
        """
        examples = labelled(X, y, text, label, "X")
        validation = None
        if validation_data is not None:
            given = validation_data if isinstance(validation_data, tuple) else (validation_data, None)
            validation = labelled(given[0], given[1], text, label, "validation_data")
        folder = Path(tempfile.mkdtemp(prefix="classifier-"))
        try:
            summary = self._train(folder, {"train": examples, "valid": validation})
            if "model" not in summary:
                raise UserError("trainer.validation_only=true exports no model, so there is nothing to predict with.")
            self._load(Path(summary["model"]), examples.originals)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self.summary_ = summary
        self.__dict__.pop("_source", None)
        self._own(folder)
        return self

    def _train(self, folder: Path, sets: "Mapping[str, Labelled | None]") -> dict[str, Any]:
        """Runs the training of the command on the examples, and returns its summary.

        Args:
            folder: folder for files that are needed as long as this object exists.
            sets: examples by split; splits that are None are split off train.
        """
        files = write_examples(folder, sets)
        own = ["data=files", *files, "data.text=text", "data.label=label", "data.test_share=0"]
        named = [] if "data.name" in self.settings else ["data.name=texts"]
        if sets["train"] is not None and sets["train"].several:
            named.append("task=multi_label")
        tracked = [] if self.track else ["tracking.enabled=false"]
        composed = compose_training([*self.overrides(), *own, *named, *tracked])
        has_folder = self.track or "hydra.run.dir" in self.settings
        output = Path(composed.folder) if has_folder else folder / "run"
        output.mkdir(parents=True, exist_ok=True)
        with nullcontext() if self.verbose else quiet(), random_states():
            from classifier.pipeline import run

            return run.train(composed.settings, composed.typed, output)

    def _own(self, folder: Path) -> None:
        """Deletes the folder together with this object, and the previous folder immediately."""
        if before := self.__dict__.get("_delete"):
            before()
        self._delete = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    def _load(self, model: Path, originals: Mapping[str, Any]) -> None:
        """Loads a SavedModel.

        Args:
            model: folder of the SavedModel.
            originals: original labels by the names of their classes.
        """
        from classifier.artifact.saved_model import SavedClassifier

        self._saved, self._model = SavedClassifier(model), model
        names = self._saved.label_names
        given = [originals.get(name, name) for name in names]
        self.classes_ = np.unique(np.array(given)) if len(set(map(type, given))) == 1 else np.array(given, dtype=object)
        place = {value: number for number, value in enumerate(given)}
        self._columns = [place[value] for value in self.classes_.tolist()]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Returns probabilities (texts, classes) in float32, with columns in the order of `classes_`."""
        return self._fitted().probabilities(texts_of(X, "X"))[:, self._columns]

    def predict(self, X: Any) -> np.ndarray:
        """Returns the most likely label of each text, of shape (texts,), as passed to `fit`.

        If a text can have several labels, these are a tuple for each text, the most likely first.
        """
        probabilities = self.predict_proba(X)
        if not self._fitted().decision.several:
            return self.classes_[probabilities.argmax(axis=1)]
        answers = self._saved.decision.answers(probabilities[:, np.argsort(self._columns)])[:, self._columns]
        found = np.empty(len(probabilities), object)
        for row, likely in enumerate(np.argsort(-probabilities, axis=1, kind="stable")):
            found[row] = tuple(self.classes_[likely[answers[row, likely]]].tolist())
        return found

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Returns the accuracy: the share of texts whose label, or set of labels, is the predicted one."""
        if not self._fitted().decision.several:
            return super().score(X, y, sample_weight)
        right = [set(found) == set(given) for found, given in zip(self.predict(X), y, strict=True)]
        return float(np.average(right, weights=sample_weight))

    def explain(self, text: str, label: str | None = None) -> "TextExplanation":
        """Explains why a text gets its most likely label, or another; notebooks display the explanation.

        Raises:
            UserError: if there is no such label.
        """
        from classifier.explanation.text_explanation import explain_text

        with quiet():
            return explain_text(self._fitted(), text, label)

    def save(self, folder: str | Path) -> Path:
        """Copies the SavedModel to a new folder, which `load` and the commands can read.

        Raises:
            UserError: if the folder exists.
        """
        self._fitted()
        if Path(folder).exists():
            raise UserError(f"{folder} exists already; choose another folder.")
        return Path(shutil.copytree(self._model, folder))

    def _fitted(self) -> Any:
        if not self.__sklearn_is_fitted__():
            raise NotFittedError("This TextClassifier is not fitted yet: call fit first.")
        return self._saved

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_saved")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array, tags.input_tags.one_d_array = True, False, True
        tags.non_deterministic = False
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """Pickles the settings and the files of the SavedModel."""
        state = {"settings": self.settings, "track": self.track, "verbose": self.verbose}
        if self.__sklearn_is_fitted__():
            originals = dict(
                zip([self._saved.label_names[place] for place in self._columns], self.classes_, strict=True)
            )
            state |= {"summary_": self.summary_, "originals": originals, "files": zipped(self._model)}
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        files, originals = state.pop("files", None), state.pop("originals", {})
        self.__dict__.update(state)
        if files is not None:
            folder = Path(tempfile.mkdtemp(prefix="classifier-"))
            self._own(folder)
            with zipfile.ZipFile(io.BytesIO(files)) as archive:
                archive.extractall(folder / "model")
            self._load(folder / "model", originals)


class Typed(str):
    """A value as typed on the command line, on which `5` is a number."""


def load(model: str | Path, uri: str | None = None) -> TextClassifier:
    """Loads a trained classifier.

    Args:
        model: folder of a SavedModel or of a training, `latest`, a run id or its first eight digits, or
            models:/name@champion.
        uri: address of the MLflow server or database; None means MLFLOW_TRACKING_URI, or ./mlflow.db.

    Raises:
        UserError: if there is no such model.
    """
    from classifier.settings import Server
    from classifier.start import start_saved_models
    from classifier.tracking.named_models import model_folder

    server = Server(uri or os.environ.get("MLFLOW_TRACKING_URI", Server.uri))
    folder = model_folder(str(model), server)
    start_saved_models()
    loaded = TextClassifier()
    loaded.summary_ = {"model": str(folder)}
    loaded._load(folder, {})
    loaded._source = str(model)
    return loaded


class Labelled:
    """Texts and labels for the training.

    Args:
        texts: the original texts.
        labels: the original labels, or a list, tuple or set of them for each text. They are converted to names of
            classes; `originals` maps the names back.

    Raises:
        UserError: if a label cannot be used, or only some of the texts have lists of labels.
    """

    def __init__(self, texts: list[Any], labels: Iterable[Any]) -> None:
        self.texts, self.originals = texts, {}
        given = list(labels)
        lists = [isinstance(value, list | tuple | set | frozenset | np.ndarray) for value in given]
        self.several = any(lists)
        if self.several and not all(lists):
            raise UserError(f"The label at place {lists.index(False)} is not a list, but others are.")
        self.labels: list[Any] = [
            [self._name(place, one) for one in value] if self.several else self._name(place, value)
            for place, value in enumerate(given)
        ]

    def _name(self, place: int, value: Any) -> str:
        value = value.item() if isinstance(value, np.generic) else value
        name, problem = label_of(value)
        if problem:
            raise UserError(f"The label at place {place}, {value!r}, cannot be used: {problem}.")
        self.originals.setdefault(name, value)
        return name


def labelled(X: Any, y: Any, text: str | Sequence[str], label: str, name: str) -> Labelled:
    """Returns the examples of a set.

    Raises:
        UserError: if an argument is missing or too short; the message names it.
    """
    if hasattr(X, "columns"):
        columns = [text] if isinstance(text, str) else list(text)
        for column in [*columns, *([label] if y is None else [])]:
            if column not in X.columns:
                raise UserError(f"{name} has no column {column!r}; there are {', '.join(map(str, X.columns))}.")
        y = X[label] if y is None else y
        parts = [[str(value) for value in X[column].fillna("")] for column in columns]
        X = ["\n".join(part for part in row if part) for row in zip(*parts, strict=True)]
    if y is None:
        raise UserError(f"{name} needs labels: give them as y, or a DataFrame with a column {label!r}.")
    texts, labels = texts_of(X, name), list(one_per_text(y))
    if len(texts) != len(labels):
        raise UserError(f"{name} has {len(texts):,} texts, but there are {len(labels):,} labels.")
    return Labelled(texts, labels)


def one_per_text(y: Any) -> Any:
    """Returns the labels; a table with a single column becomes a list.

    Raises:
        UserError: for a table of numbers with more columns.
    """
    if getattr(y, "ndim", 1) != 2:
        return y
    table = np.asarray(y)
    if table.shape[1] == 1:
        return table.ravel()
    if table.dtype == object:
        return table
    raise UserError(
        "y is a table of numbers, which has no names for its labels: give a list of labels for each text, such as "
        "MultiLabelBinarizer.inverse_transform(y)."
    )


def texts_of(X: Any, name: str) -> list[str]:
    """Returns the texts of a list, an array or a Series.

    Raises:
        UserError: for a single string, a table, or a value that is not a string.
    """
    if isinstance(X, str):
        raise UserError(f"{name} is a single text; give a list of texts, as [text].")
    if hasattr(X, "columns") or getattr(X, "ndim", 1) != 1:
        raise UserError(f"{name} is a table; give one text for each example.")
    texts = list(X)
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise UserError(f"The text at place {place} of {name} is {text!r}, which is not a string.")
    return [str(text) for text in texts]


def write_examples(folder: Path, sets: Mapping[str, Labelled | None]) -> list[str]:
    """Writes each set to a file for the training, and returns the settings that name the files."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    settings = []
    for split, examples in sets.items():
        if examples is not None:
            path = folder / f"{split}.parquet"
            texts = [text.encode("utf-8", "replace").decode() for text in examples.texts]  # lone surrogates
            kind = pa.list_(pa.string()) if examples.several else pa.string()
            columns = {"text": pa.array(texts, pa.string()), "label": pa.array(examples.labels, kind)}
            pq.write_table(pa.table(columns), path)
            settings.append(f"data.{split}={as_typed(str(path))}")
    return settings


def zipped(folder: Path) -> bytes:
    """Returns the files of a folder as a ZIP archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return stream.getvalue()


@contextmanager
def random_states() -> Iterator[None]:
    """Restores Python's and NumPy's random generators, which a training seeds."""
    of_python, of_numpy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(of_python)
        np.random.set_state(of_numpy)
