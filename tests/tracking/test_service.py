"""The logged model in MLflow's server: correct results, errors in a sentence, and no crashes."""

import json

import mlflow
import numpy as np
import pytest
from small_model import LABELS, TEXTS

from classifier.settings import TrackingSettings
from classifier.tracking.run import start_run

SERVING = "_MLFLOW_IS_IN_SERVING_ENVIRONMENT"

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning"
)


@pytest.fixture(scope="module")
def loaded(model_folder, tmp_path_factory):
    """The model as logged by a training, loaded in a program."""
    folder = tmp_path_factory.mktemp("service")
    settings = TrackingSettings(f"sqlite:///{folder}/mlflow.db", experiment="service", system_metrics=False)
    with start_run(settings, folder, "abc") as run:
        run.log_model(model_folder, TEXTS[0], LABELS, 1)
    return mlflow.pyfunc.load_model(f"models:/{run.model_id}")


@pytest.fixture(scope="module")
def post(loaded):
    """Sends a body to the application of the server, and returns status and response."""
    from fastapi.testclient import TestClient
    from mlflow.pyfunc import scoring_server

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SERVING, "true")  # restored afterwards, because the application sets it permanently
        client = TestClient(scoring_server.init(loaded))

        def post(body, kind: str = "application/json"):
            content = body if isinstance(body, str) else json.dumps(body)
            answer = client.post("/invocations", content=content.encode(), headers={"content-type": kind})
            return answer.status_code, answer.json()

        yield post


def test_right_answers(post, untrained):
    expected = untrained.probabilities(TEXTS)
    records = [{"text": text} for text in TEXTS]
    split = {"columns": ["id", "text"], "index": [*range(len(TEXTS), 0, -1)], "data": [[7, text] for text in TEXTS]}
    columns = ({"inputs": {"text": TEXTS}}, {"inputs": TEXTS}, {"instances": TEXTS})
    for body in (*columns, {"dataframe_records": records}, {"instances": records}, {"dataframe_split": split}):
        status, answer = post(body)
        assert status == 200
        assert all(tuple(row["probabilities"]) == LABELS for row in answer["predictions"])
        found = [list(row["probabilities"].values()) for row in answer["predictions"]]
        np.testing.assert_allclose(found, expected, atol=1e-5)
        assert [row["label"] for row in answer["predictions"]] == [LABELS[best] for best in expected.argmax(1)]


BAD = {
    "wrong key": ({"dataframe_records": [{"txt": "hello"}]}, "One column must be called text; there are: txt."),
    "two keys": ({"inputs": {"a": ["hello"], "b": ["hello"]}}, "One column must be called text; there are: a, b."),
    "wrong outer key": ({"texts": ["hello"]}, "inputs"),
    "number": ({"dataframe_records": [{"text": 7}]}, "The text in row 0 is 7, of type int"),
    "numbers": ({"dataframe_records": [{"text": "hello"}, {"text": 7}]}, "The text in row 1 is 7, of type int"),
    "true": ({"inputs": {"text": [True]}}, "The text in row 0 is True, of type bool"),
    "a list for a string": (
        {"dataframe_split": {"columns": ["text"], "data": [[["hello"]], ["hello"]]}},
        "The text in row 0 is ['hello'], of type list",
    ),
    "a list in a column": ({"inputs": {"text": [["hello"], ["bye"]]}}, "row 0 is ['hello'], of type list"),
    "a list in a record": ({"dataframe_records": [{"text": ["hello"]}]}, "row 0 is ['hello'], of type list"),
    "a dictionary for a column": ({"inputs": {"text": {"a": "b"}}}, "row 0 is {'a': 'b'}, of type dict"),
    "a dictionary in a column": ({"inputs": {"text": ["hi", {"a": "b"}]}}, "row 1 is {'a': 'b'}, of type dict"),
    "a dictionary in a record": ({"instances": [{"text": {"a": "b"}}]}, "row 0 is {'a': 'b'}, of type dict"),
    "null": ({"dataframe_records": [{"text": "hello"}, {"text": None}]}, "The text in row 1 is missing"),
    "NaN": ('{"inputs": {"text": [NaN]}}', "The text in row 0 is missing"),
    "infinity": ('{"inputs": {"text": [1e999]}}', "The text in row 0 is inf, of type float"),
    "NUL": ({"inputs": {"text": ["a\0b"]}}, "The text in row 0 has a NUL character"),
    "half a character": ({"inputs": {"text": ["hi", "\ud800"]}}, "The text in row 1 has half a character"),
    "half a character in a record": ({"dataframe_records": [{"text": "\ud800"}]}, "surrogates not allowed"),
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


def test_csv_is_answered_or_says_what_works(post):
    status, answer = post('id,text\n1,"hello, you"\n2,7\n', "text/csv")
    assert (status, len(answer["predictions"])) == (200, 2)
    assert answer == post({"inputs": ["hello, you", "7"]})[1]
    for body, fault in (("text\n7\n8\n", "0 is 7, of type int"), ("text\nhello\nNA\n", "1 is missing")):
        status, answer = post(body, "text/csv")
        assert status == 400
        assert f"The text in row {fault}" in answer["message"]
        assert "send JSON" in answer["message"]
    status, answer = post("hello\nbye\n", "text/csv")  # without a header
    assert (status, "there are: hello." in answer["message"]) == (400, True)


def test_any_container_of_texts_is_accepted_and_its_index_preserved(loaded, monkeypatch):
    import pandas

    monkeypatch.delenv(SERVING, raising=False)
    expected = loaded.predict(pandas.DataFrame({"text": TEXTS}))
    index = [*range(len(TEXTS), 0, -1)]
    tables = {
        "text": pandas.DataFrame({"id": index, "text": TEXTS}, index=index),
        "one column": pandas.DataFrame({"message": TEXTS}, index=index),
        "series": pandas.Series(TEXTS, index=index, name="message"),
        "names": pandas.DataFrame({"text": TEXTS}, index=[f"row {number}" for number in index]),
        "twice": pandas.DataFrame({"text": TEXTS}, index=[7] * len(TEXTS)),
    }
    for given in tables.values():
        found = loaded.predict(given)
        assert list(found.index) == list(given.index)
        pandas.testing.assert_frame_equal(found.reset_index(drop=True), expected)
    for given in (
        TEXTS,
        tuple(TEXTS),
        np.array(TEXTS),
        {"text": TEXTS},
        {"message": TEXTS},
        [{"text": t} for t in TEXTS],
    ):
        pandas.testing.assert_frame_equal(loaded.predict(given), expected)
    assert loaded.predict(TEXTS[0])["label"].tolist() == expected["label"].tolist()[:1]
    assert len(loaded.predict([])) == len(loaded.predict(pandas.DataFrame({"text": []}))) == 0


def test_a_missing_text_is_an_empty_one_in_a_program(loaded, monkeypatch):
    import pandas

    monkeypatch.delenv(SERVING, raising=False)
    found = loaded.predict(pandas.DataFrame({"text": [None, "", float("nan"), pandas.NA]}, dtype=object))
    assert [found["probabilities"][row] for row in range(4)] == [found["probabilities"][1]] * 4


def test_the_missing_column_is_named(loaded, monkeypatch):
    import pandas

    monkeypatch.delenv(SERVING, raising=False)
    with pytest.raises(mlflow.exceptions.MlflowException, match="One column must be called text; there are: a, b"):
        loaded.predict(pandas.DataFrame({"a": TEXTS, "b": TEXTS}))
    with pytest.raises(mlflow.exceptions.MlflowException, match="The text in row 1 is 7, of type int; a text is a str"):
        loaded.predict(["hello", 7])


def test_a_program_may_give_as_many_texts_as_it_likes(loaded, monkeypatch):
    import pandas

    monkeypatch.delenv(SERVING, raising=False)
    assert len(loaded.predict(pandas.DataFrame({"text": ["hello"] * 1001}))) == 1001
