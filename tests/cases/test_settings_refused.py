"""Each line of the case is refused with a sentence that names the key, before data are read."""

import shlex

KEYS = {"--resolve": "--resolve", "=1": "=1", "hydra.run.dir": "/proc/x", "++optimizer._target_": "optimizer._target_"}


def test_settings_refused(case, run):
    lines = (case("settings_refused") / "commands.txt").read_text().splitlines()
    commands = [shlex.split(line) for line in lines if line.startswith("python")]
    assert len(commands) > 15
    for _, _, module, *arguments in commands:
        done = run(module.removeprefix("classifier."), *arguments)
        key = arguments[-1].partition("=")[0] or arguments[-1]
        assert done.returncode == 2, f"{arguments}: {done.stderr}"
        assert done.stderr.startswith("Error: ") and "Traceback" not in done.stderr, f"{arguments}: {done.stderr}"
        assert KEYS.get(key, key) in done.stderr, f"{arguments}: {done.stderr}"
        assert "examples" not in done.stdout
        assert "secret" not in done.stderr + done.stdout
