"""The exports that the settings select."""

import pytest

from classifier.errors import UserError
from classifier.settings import EXPORTS, ExportSettings, chosen_exports


def test_every_format_with_every_weight_that_it_holds():
    every = ["float32", "float16", "bfloat16", "int8"]
    chosen = chosen_exports(ExportSettings(formats=list(EXPORTS), weights=every))
    assert chosen == [(kind, one) for kind in EXPORTS for one in every if one in EXPORTS[kind]]
    assert chosen_exports(ExportSettings()) == [("savedmodel", "float32")]
    assert chosen_exports(ExportSettings(formats="onnx", weights="int8")) == [("onnx", "int8")]


@pytest.mark.parametrize(
    ("formats", "weights", "message"),
    [
        ([], "float32", "export.formats is empty"),
        ("onnx", "int4", "export.weights=int4 is not one of float32, float16, bfloat16, int8"),
        (
            ["savedmodel", "onnx"],
            ["int8"],
            "export.weights=.int8.: savedmodel can hold float32, float16, bfloat16 only",
        ),
        (["onnx"], ["float32", "bfloat16"], "export.weights=bfloat16 needs one of export.formats=savedmodel"),
    ],
)
def test_what_does_not_go_together_is_refused(formats, weights, message):
    with pytest.raises(UserError, match=message):
        chosen_exports(ExportSettings(formats=formats, weights=weights))
