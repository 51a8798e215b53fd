"""Square brackets in settings and paths are shown, and do not break any command."""

import json

TINY = ("encoder=tiny", "trainer.epochs=1", "encoder.linear=none")
TRIALS = ("trainer.validation_only=true", "hydra.launcher.processes=2")


def squeezed(text):
    """Returns the text with the wrapped cells of a table joined."""
    return "".join(text.split())


def test_values_in_brackets_are_shown(case, run, tmp_path):
    data = ("data=files", f"data.train={case('terminal_brackets')}/train.csv")
    done = run(
        "train", "-m", *data, "pooling.poolings=[mean,max],[additive,mean]", *TINY, *TRIALS, "hydra.sweep.dir=s1"
    )
    assert done.returncode == 0, done.stderr
    for shown in ("poolings=[mean,max]", "poolings=[additive,mean]"):
        assert done.stdout.count(shown) >= 3, "as it starts, as it ends and in the table"
    sweep = json.loads((tmp_path / "s1/summary.json").read_text())
    compared = run("compare", f"sweep={sweep['run_id']}", "split=valid")
    assert compared.returncode == 0, compared.stderr
    _, settings = compared.stdout.split("Settings that differ")
    assert "[mean,max]" in settings and "[additive,mean]" in settings


def test_a_list_of_paths_is_shown(case, run, tmp_path):
    one, other = case("terminal_brackets") / "train.csv", case("path_brackets") / "train.csv"
    lists = f"data.train=[{one}],[{one},{other}]"
    done = run("train", "-m", "data=files", lists, *TINY, *TRIALS, "hydra.sweep.dir=s2")
    assert done.returncode == 0, done.stderr
    assert f"train=[{one}]  finished" in done.stdout
    assert squeezed(f"[{one},{other}]") in squeezed(done.stdout)
    assert "validated on 2 different sets of examples" in done.stdout
    sweep = json.loads((tmp_path / "s2/summary.json").read_text())
    compared = run("compare", f"sweep={sweep['run_id']}", "split=valid")
    assert compared.returncode == 2 and "measured on different valid examples" in compared.stderr
    assert f"train=[{one}]" in compared.stderr


def test_the_path_of_a_report_exists(case, run, tmp_path):
    data = ("data=files", f"data.train={case('terminal_brackets')}/train.csv")
    assert run("train", *data, *TINY, "hydra.run.dir=trained").returncode == 0
    run_id = json.loads((tmp_path / "trained/summary.json").read_text())["run_id"]
    for folder in ("ev [v2] y", "ev/[/b]"):
        done = run("evaluate", f"run={run_id}", f'hydra.run.dir="{tmp_path}/{folder}"')
        assert done.returncode == 0, done.stderr
        path = done.stdout.splitlines()[-1].removeprefix("Report   ")
        assert tmp_path / path == tmp_path / folder / "report/index.html" and (tmp_path / path).exists()
