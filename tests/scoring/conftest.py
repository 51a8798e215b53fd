"""Scores files with the tiny classifier."""

from collections.abc import Callable
from typing import Any

import pytest
from table_files import read

from classifier.errors import UserError
from classifier.scoring.plan import make_plan
from classifier.scoring.score_file import score_files
from classifier.settings import ScoreSettings


@pytest.fixture
def run(tmp_path, classifier) -> Callable[..., list[dict[str, Any]]]:
    """Scores files in tmp_path and reads the output; `load` replaces the loading of the model."""

    def run(given: Any, output: str = "out.csv", load: Callable[[], Any] = lambda: classifier, **settings):
        paths = [str(tmp_path / one) for one in ([given] if isinstance(given, str) else given)]
        settings = {"overwrite": True, **settings}
        score_files(
            make_plan(ScoreSettings("model", paths, str(tmp_path / output), **settings), "abc", "mails/7"), load
        )
        return read(tmp_path / output)

    return run


@pytest.fixture
def refused(run) -> Callable[..., str]:
    """Returns the error message of a scoring that fails before the model is loaded."""

    def refused(*arguments: Any, **settings: Any) -> str:
        with pytest.raises(UserError) as caught:
            run(*arguments, load=lambda: pytest.fail("loaded TensorFlow"), **settings)
        return str(caught.value)

    return refused
