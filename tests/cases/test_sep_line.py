from conftest import TINY


def test_the_separator_line_is_honoured(case, run):
    done = run("train", "data=files", f"data.train={case('sep_line') / 'semicolon.csv'}", *TINY)
    assert done.returncode == 0, done.stderr
    assert "32 train, 4 valid, 4 test examples, 2 classes" in done.stdout
