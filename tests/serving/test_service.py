"""The logged model as MLflow's server answers with it: right answers, refusals in a sentence, and it lives on."""

import json

import mlflow
import numpy as np
import pytest
from serving_texts import LABELS, TEXTS

from classifier.settings import TrackingSettings
from classifier.tracking.run import start_run

SERVING = "_MLFLOW_IS_IN_SERVING_ENVIRONMENT"

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning"
)


@pytest.fixture(scope="module")
def loaded(model_folder, tmp_path_factory):
    """The model as training logs it, loaded as a program loads it."""
    folder = tmp_path_factory.mktemp("service")
    settings = TrackingSettings(f"sqlite:///{folder}/mlflow.db", experiment="service", system_metrics=False)
    with start_run(settings, folder, "abc") as run:
        run.log_model(model_folder, TEXTS[0], LABELS, 1)
    return mlflow.pyfunc.load_model(f"models:/{run.model_id}")


@pytest.fixture(scope="module")
def post(loaded):
    """Sends a body to the server's own application: status and answer."""
    from fastapi.testclient import TestClient
    from mlflow.pyfunc import scoring_server

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SERVING, "true")  # put back afterwards: the application sets it for good
        client = TestClient(scoring_server.init(loaded))

        def post(body, kind: str = "application/json"):
            content = body if isinstance(body, str) else json.dumps(body)
            answer = client.post("/invocations", content=content.encode(), headers={"content-type": kind})
            return answer.status_code, answer.json()

        yield post


def test_right_answers(post, untrained):
    expected = untrained.probabilities(TEXTS)
    records = [{"text": text} for text in TEXTS]
    for body in ({"inputs": {"text": TEXTS}}, {"dataframe_records": records}, {"instances": records}):
        status, answer = post(body)
        assert status == 200
        found = [row["probabilities"] for row in answer["predictions"]]
        np.testing.assert_allclose(found, expected, atol=1e-5)
        assert [row["label"] for row in answer["predictions"]] == [LABELS[best] for best in expected.argmax(1)]


BAD = {
    "wrong key": ({"dataframe_records": [{"txt": "hello"}]}, "missing inputs ['text']"),
    "wrong outer key": ({"texts": ["hello"]}, "inputs"),
    "number": ({"dataframe_records": [{"text": 7}]}, "The text in row 0 is 7, of type int"),
    "numbers": ({"inputs": {"text": ["hello", 7]}}, "The text in row 1 is 7, of type int"),
    "a list for a string": (
        {"dataframe_split": {"columns": ["text"], "data": [[["hello"]], ["hello"]]}},
        "of type list",
    ),
    "10 MB text": (
        {"inputs": {"text": ["a word " * 1_500_000]}},
        "10,500,000 characters; this service takes 1,000,000",
    ),
    "10,000 texts": ({"inputs": {"text": ["hello"] * 10_000}}, "10,000 texts; this service takes 1,000 at once"),
    "broken JSON": ('{"inputs": {"text": ["hel', "valid JSON"),
    "empty": ("", "JSON"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_request_is_refused_in_a_sentence_and_the_next_is_answered(post, case):
    body, sentence = BAD[case]
    status, answer = post(body)
    assert 400 <= status < 500
    assert sentence in answer["message"]
    assert "Traceback" not in json.dumps(answer)
    assert post({"inputs": {"text": TEXTS[:1]}})[0] == 200


def test_a_missing_text_is_an_empty_one(post):
    status, answer = post({"dataframe_records": [{"text": None}, {"text": ""}]})
    assert status == 200
    assert answer["predictions"][0] == answer["predictions"][1]


def test_a_program_may_give_as_many_texts_as_it_likes(loaded, monkeypatch):
    import pandas

    monkeypatch.delenv(SERVING, raising=False)
    assert len(loaded.predict(pandas.DataFrame({"text": ["hello"] * 1001}))) == 1001
