"""The results of the MLflow model are aligned with the texts for any index of the table."""

import re
import subprocess
import sys

from conftest import TINY


def test_labels_stay_next_to_their_texts(case, run, tmp_path):
    uri, train = f"sqlite:///{tmp_path}/mlflow.db", case("unicode_nfd") / "train.csv"
    done = run("train", "data=files", f"data.train={train}", f"tracking.uri={uri}", *TINY)
    assert done.returncode == 0, done.stderr
    (run_id,) = re.findall(r"^Run +(\w+)$", done.stdout, re.MULTILINE)
    program = (case("pyfunc_index") / "repro.py").read_text()
    program += "\nassert table.label.tolist() == table.should_be.tolist(), 'next to the wrong texts'"
    program += "\nassert len(set(alone)) > 1, 'all alike, which shows nothing'"
    shown = subprocess.run([sys.executable, "-c", program, uri, run_id], capture_output=True, text=True)
    assert shown.returncode == 0, shown.stdout + shown.stderr
