"""Models can be stored in folders with any name, although TensorFlow interprets some characters as patterns."""

import shutil
from types import SimpleNamespace

import numpy as np
import pandas
import pytest
from small_model import TEXTS

from classifier.artifact.export import export_model
from classifier.artifact.formats.halves import write_halves
from classifier.artifact.publish import publish_model
from classifier.artifact.saved_model import SavedClassifier, local_folder
from classifier.errors import UserError
from classifier.tracking.models import run_id_of

NAMES = ["third [v2]/back\\slash", "a [b", f"it's 100 % #1 {{x}} ?*/Prüfung/{'n' * 200}"]


@pytest.fixture(scope="module")
def expected(classifier) -> np.ndarray:
    return classifier.probabilities(TEXTS)


@pytest.mark.parametrize("name", NAMES)
def test_half_precision_and_a_published_model_load(untrained, model_folder, expected, tmp_path, name):
    write_halves(untrained, "float16", tmp_path / name / "half")
    np.testing.assert_allclose(SavedClassifier(tmp_path / name / "half").probabilities(TEXTS), expected, atol=0.02)
    published = publish_model(model_folder, str(tmp_path / name / name))
    np.testing.assert_array_equal(SavedClassifier(published).probabilities(TEXTS), expected)


def test_export_is_checked_in_a_folder_with_brackets(untrained, expected, tmp_path):
    folder = export_model(untrained, TEXTS, tmp_path / "back\\slash" / "third [v2]" / "model")
    np.testing.assert_allclose(SavedClassifier(folder).probabilities(TEXTS), expected, atol=1e-6)


@pytest.mark.filterwarnings("ignore::UserWarning")  # MLflow warns about missing type hints
def test_the_mlflow_model_loads_from_a_folder_with_brackets(model_folder, expected, tmp_path):
    from classifier.tracking.pyfunc_model import SavedModel

    shutil.copytree(model_folder, tmp_path / "[test] x" / "model")
    model = SavedModel()
    model.load_context(SimpleNamespace(artifacts={"saved_model": str(tmp_path / "[test] x" / "model")}))
    answers = model.predict(None, pandas.DataFrame({"text": TEXTS}))
    np.testing.assert_allclose(answers["score"], expected.max(axis=1), atol=1e-6)


def test_a_model_is_found_in_the_folder_of_its_training(tmp_path):
    (tmp_path / "run" / "model").mkdir(parents=True)
    (tmp_path / "run" / "summary.json").touch()
    (tmp_path / "run" / "model" / "saved_model.pb").touch()
    assert local_folder(str(tmp_path / "run")) == local_folder(str(tmp_path / "run" / "model"))
    for file in ("summary.json", "model/saved_model.pb"):
        with pytest.raises(UserError, match=f"{file} is a file; the model is the folder {tmp_path}/run/model"):
            local_folder(str(tmp_path / "run" / file))


def test_mlflow_addresses_are_no_folders():
    assert local_folder("runs:/0123456789abcdef/model") is local_folder("models:/support@champion") is None
    assert run_id_of("runs:/0123456789abcdef/model") == run_id_of("0123456789abcdef") == "0123456789abcdef"
