def test_a_byte_that_cp1252_does_not_have(case, run):
    file = case("misleading_hints") / "undefined_in_cp1252.csv"
    done = run("train", "data=files", f"data.train={file}", "data.encoding=cp1252", "data.max_bad_rows=0")
    assert "byte 0x9D is not valid cp1252; the file is perhaps utf-8; data.encoding=latin-1 reads" in done.stderr


def test_a_file_whose_name_has_a_comma(run, tmp_path):
    (tmp_path / "a, b.csv").write_text("text,label\n" + "".join(f"text {i},{i % 2}\n" for i in range(9)))
    done = run("train", "data=files", "data.train=a, b.csv")
    assert "is quoted twice, as 'data.train=\"a, b.csv\"'." in done.stderr
    done = run("train", "data=files", 'data.train="a, b.csv"', "data.text=txet")
    assert "a, b.csv has no column 'txet'" in done.stderr


def test_an_address(run):
    done = run("train", "data=files", "data.train=https://host/a.csv")
    assert done.stderr.startswith("Error: https://host/a.csv is an address: only files on this machine are read.")


def test_a_folder_of_folders(run, tmp_path):
    (tmp_path / "lake/2024").mkdir(parents=True)
    (tmp_path / "lake/2024/part-0.parquet").write_bytes(b"")
    (tmp_path / "model").mkdir()
    (tmp_path / "model/saved_model.pb").write_bytes(b"")
    done = run("score", "model=model", "input=lake", "output=out.csv")
    assert "lake/**/*.parquet" in done.stderr and ".csv." not in done.stderr
