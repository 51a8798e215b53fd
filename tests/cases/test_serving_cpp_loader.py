"""TensorFlow's command line, which uses the loader of TensorFlow Serving, can run a trained model."""

import shutil
import subprocess
import sys
from pathlib import Path

from conftest import TINY


def test_serving_cpp_loader(case, run, tmp_path):
    data = case("path_brackets") / "train.csv"
    done = run("train", "data=files", f"data.train={data}", *TINY, "hydra.run.dir=m", "export.serving_dir=served")
    assert done.returncode == 0, done.stderr
    program = shutil.which("saved_model_cli", path=str(Path(sys.executable).parent))
    assert program is not None
    for folder in ("m/model", "served/1"):
        asked = ["--tag_set", "serve", "--signature_def", "serving_default", "--input_exprs", 'text=["late again"]']
        answer = subprocess.run(
            [program, "run", "--dir", str(tmp_path / folder), *asked], capture_output=True, text=True, timeout=300
        )
        assert answer.returncode == 0, answer.stderr
        assert "probabilities" in answer.stdout
    for signature in ("serving_default", "explain"):
        script = case("serving_cpp_loader") / "capi.py"
        answer = subprocess.run(
            [sys.executable, str(script), str(tmp_path / "m/model"), signature], capture_output=True, text=True
        )
        assert answer.returncode == 0 and "Could not find" not in answer.stdout, answer.stdout + answer.stderr
