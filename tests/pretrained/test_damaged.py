"""Damaged and unsupported checkpoints: each is refused in a sentence that names the file and what is wrong."""

import json
import shutil
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from classifier.errors import UserError
from classifier.pretrained import find_checkpoint, read_tokenizer

REFERENCES = Path(__file__).parent / "references"
NOT_OBJECTS = {"": "not valid JSON", "{": "not valid JSON", "[" * 100_000: "not valid JSON", "[]": "not a JSON object"}
JSON_FILES = ("config.json", "tokenizer.json", "tokenizer_config.json", "added_tokens.json")
KERNEL = "encoder.layer.1.intermediate.dense.weight"  # of shape (7, 12)


@pytest.fixture
def folder(tmp_path):
    for name in ("config.json", "model.safetensors", "vocab.txt"):
        shutil.copy(REFERENCES / "bert" / name, tmp_path / name)
    return tmp_path


def read(folder: Path) -> None:
    checkpoint = find_checkpoint(str(folder))
    checkpoint.check_weights()
    read_tokenizer(folder)


def assert_refused(folder: Path, *parts: str) -> None:
    with pytest.raises(UserError) as caught:
        read(folder)
    message = str(caught.value)
    assert str(folder) in message
    assert "\n" not in message
    for part in parts:
        assert part in message


def configure(folder: Path, **changes) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def change_tensors(folder: Path, **changes) -> None:
    tensors = load_file(REFERENCES / "bert" / "model.safetensors")
    changed = {**tensors, **{name.replace("__", "."): value for name, value in changes.items()}}
    save_file({name: value for name, value in changed.items() if value is not None}, folder / "model.safetensors")


def tokenizer(folder: Path, **changes) -> None:
    """Writes tokenizer.json with changes of its parts."""
    tokens = (folder / "vocab.txt").read_text().split()
    first, text, last = (
        {"SpecialToken": {"id": "[CLS]", "type_id": 0}},
        {"Sequence": {"id": "A", "type_id": 0}},
        {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
    )
    parts = {
        "added_tokens": [{"id": number, "content": token, "special": True} for number, token in enumerate(tokens[:5])],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "lowercase": True, "strip_accents": None},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing", "single": [first, text, last]},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {token: i for i, token in enumerate(tokens)}},
    }
    for key, value in changes.items():
        parts[key] = {**parts[key], **value} if isinstance(value, dict) and isinstance(parts[key], dict) else value
    (folder / "tokenizer.json").write_text(json.dumps(parts))


@pytest.mark.parametrize("content", NOT_OBJECTS, ids=lambda content: content[:2] or "empty")
@pytest.mark.parametrize("name", JSON_FILES)
def test_json_that_is_no_object(folder, name, content):
    (folder / name).write_text(content)
    assert_refused(folder, name, NOT_OBJECTS[content], "Download the checkpoint again.")


@pytest.mark.parametrize("name", [*JSON_FILES, "vocab.txt"])
def test_bytes_that_are_not_utf8(folder, name):
    (folder / name).write_bytes(b"\xff\xfe\x00")
    assert_refused(folder, name, "not valid UTF-8 at byte 0")


@pytest.mark.parametrize("name", [*JSON_FILES, "vocab.txt", "model.safetensors"])
def test_a_folder_in_place_of_a_file(folder, name):
    (folder / name).unlink(missing_ok=True)
    (folder / name).mkdir()
    assert_refused(folder, name, "is not a file.")


@pytest.mark.parametrize("name", ["tokenizer.json", "tokenizer_config.json", "added_tokens.json", "vocab.txt"])
def test_a_link_that_leads_nowhere_is_not_ignored(folder, name):
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to("nowhere")
    assert_refused(folder, name, "is not a file.")


def test_a_broken_link_to_the_weights_is_not_called_another_format(folder):
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").symlink_to("nowhere")
    with pytest.raises(UserError, match=r"has no model\.safetensors\.$"):
        read(folder)


def test_a_file_without_permission(folder, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    assert_refused(folder, "config.json cannot be read: Permission denied.")


def test_a_folder_without_permission(folder, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_dir", refuse)
    with pytest.raises(UserError, match=r" cannot be read: Permission denied\.$"):
        find_checkpoint(str(folder))


@pytest.mark.parametrize("value", ["12", None, -3, 0, True, 12.0, [1], float("nan"), 10**12])
@pytest.mark.parametrize("key", ["hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size"])
def test_a_size_that_is_no_size(folder, key, value):
    configure(folder, **{key: value})
    assert_refused(folder, f"config.json: {key}=", "is not an integer between 1 and")


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("num_attention_heads", 5, "hidden_size=12 is not a multiple of num_attention_heads=5."),
        ("layer_norm_eps", "small", "layer_norm_eps=small is not a finite number"),
        ("layer_norm_eps", float("nan"), "layer_norm_eps=NaN is not a finite number"),
        ("hidden_act", ["gelu"], 'hidden_act=["gelu"] is not a string.'),
        ("hidden_act", "leaky_relu", "activation leaky_relu is not supported; choose from gelu,"),
        ("model_type", ["bert"], 'model_type=["bert"] is not supported;'),
        ("pruned_heads", {"0": [1]}, 'pruned_heads={"0": [1]} is not supported, only {}.'),
        ("quantization_config", {"bits": 4}, 'quantization_config={"bits": 4} is not supported, only null.'),
        ("tokenizer_class", "BertJapaneseTokenizer", "tokenizer_class=BertJapaneseTokenizer is not supported"),
    ],
)
def test_other_values(folder, key, value, reason):
    configure(folder, **{key: value})
    assert_refused(folder, reason)


@pytest.mark.parametrize("key", ["max_position_embeddings", "vocab_size", "hidden_size"])
def test_a_missing_size(folder, key):
    found = json.loads((folder / "config.json").read_text())
    del found[key]
    (folder / "config.json").write_text(json.dumps(found))
    assert_refused(folder, f"config.json has no {key}.")


@pytest.mark.parametrize("size", [0, 4, 100, 9000])
def test_truncated_weights(folder, size):
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[:size])
    assert_refused(folder, "model.safetensors is damaged", "Download the checkpoint again.")


def test_a_pointer_of_git_lfs(folder):
    (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    assert_refused(folder, "is only a pointer of Git LFS: run git lfs pull")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        (KERNEL, None, f"has no tensor {KERNEL}"),
        (KERNEL, np.zeros((12, 7), np.float32), "has shape [12, 7], but config.json describes [7, 12]."),
        (KERNEL, np.zeros((7, 12), np.int8), "has type I8; only F64, F32, F16, BF16 are supported."),
        (KERNEL, np.full((7, 12), np.nan, np.float32), f"{KERNEL} has values that are not finite"),
        (KERNEL, np.full((7, 12), 1e300), f"{KERNEL} has values that are not finite"),
        ("embeddings.token_type_embeddings.weight", np.zeros((0, 12), np.float32), "has shape [0, 12]"),
        ("encoder.layer.3.output.dense.bias", np.zeros(12, np.float32), "does not belong to the 3 blocks"),
        ("encoder.layer.0.output.dense.lora_A", np.zeros(12, np.float32), "does not belong to the 3 blocks"),
    ],
)
def test_tensors_that_are_not_those_of_the_configuration(folder, name, value, reason):
    change_tensors(folder, **{name: value})
    assert_refused(folder, "model.safetensors", reason)


def test_more_blocks_than_tensors(folder):
    configure(folder, num_hidden_layers=2**31 - 1)
    assert_refused(folder, "has no tensor encoder.layer.3.attention.self.query.weight, which config.json describes.")


@pytest.mark.parametrize("kind", [np.float16, np.float64, ml_dtypes.bfloat16])
def test_other_floats_are_read(folder, kind):
    tensors = load_file(folder / "model.safetensors")
    save_file({name: value.astype(kind) for name, value in tensors.items()}, folder / "model.safetensors")
    read(folder)
    kernel = find_checkpoint(str(folder)).weights().blocks[1]["expand"][0]
    assert kernel.dtype == np.float32
    np.testing.assert_array_equal(kernel.T, tensors[KERNEL].astype(kind).astype(np.float32))


def test_tensors_of_a_head_are_no_part_of_the_encoder(folder):
    change_tensors(folder, **{"cls.predictions.bias": np.zeros(2, np.float32), "pooler.dense.bias": np.zeros(2)})
    read(folder)


@pytest.mark.parametrize("architecture", ["bert_relu_epsilon", "distilbert_relu"])
def test_only_bert_has_an_epsilon(folder, architecture):
    for name in ("config.json", "model.safetensors"):
        shutil.copy(REFERENCES / architecture / name, folder / name)
    configure(folder, layer_norm_eps=0.03)
    assert find_checkpoint(str(folder)).config.epsilon == (0.03 if architecture.startswith("bert") else 1e-12)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"model": "x"}, "model=x is not an object."),
        ({"model": {"type": "WordLevel"}}, "a tokenizer of type WordLevel is not supported"),
        ({"model": {"vocab": [["a", 1.0]]}}, 'vocab=[["a", 1.0]] is not an object.'),
        ({"model": {"vocab": {"[PAD]": "0", "[UNK]": 1}}}, "ids of the vocabulary are not 0 to 1"),
        ({"model": {"vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3}}}, "has only special tokens."),
        ({"model": {"unk_token": ["a"]}}, 'unk_token=["a"] is not a string.'),
        ({"model": {"max_input_chars_per_word": 10**12}}, "max_input_chars_per_word=1000000000000 is not an integer"),
        ({"normalizer": None}, "its normalizer is null, not BertNormalizer."),
        ({"normalizer": {"lowercase": "yes"}}, "lowercase=yes is not true or false."),
        ({"pre_tokenizer": {"type": "Whitespace"}}, "its pre_tokenizer is Whitespace, not BertPreTokenizer."),
        ({"post_processor": None}, "does not enclose a text in two special tokens"),
        ({"post_processor": {"type": "RobertaProcessing"}}, "does not enclose a text in two special tokens"),
        ({"post_processor": {"single": "x"}}, "does not enclose a text in two special tokens"),
        ({"post_processor": {"single": []}}, "does not enclose a text in two special tokens"),
        ({"added_tokens": [{"content": "covid", "special": False}]}, "added token covid is not supported"),
        ({"added_tokens": [3]}, "added token 3 is not an object"),
    ],
)
def test_tokenizer_json(folder, changes, reason):
    tokenizer(folder, **changes)
    assert_refused(folder, "tokenizer.json", reason)


def test_a_piece_that_is_not_unicode(folder):
    tokens = (folder / "vocab.txt").read_text().split()
    tokenizer(folder, model={"vocab": {token: i for i, token in enumerate([*tokens[:-1], "\ud800"])}})
    assert_refused(folder, r"'\ud800' is not valid Unicode.")


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("do_lower_case", "yes", "do_lower_case=yes is not true or false."),
        ("unk_token", {"x": 1}, "unk_token has no content."),
        ("tokenizer_class", "BertJapaneseTokenizer", "tokenizer_class=BertJapaneseTokenizer is not supported"),
        ("word_tokenizer_type", "mecab", "word_tokenizer_type=mecab is not supported, only basic."),
        ("never_split", ["cab"], 'never_split=["cab"] is not supported, only [].'),
        ("do_basic_tokenize", False, "do_basic_tokenize=false is not supported, only true."),
        ("added_tokens_decoder", {"22": {"content": "covid"}}, "added token covid is not supported"),
    ],
)
def test_options_next_to_a_vocabulary(folder, key, value, reason):
    (folder / "tokenizer_config.json").write_text(json.dumps({key: value}))
    assert_refused(folder, reason)


def test_words_that_were_added_to_a_vocabulary(folder):
    (folder / "added_tokens.json").write_text('{"[MASK]": 4, "covid": 22}')
    assert_refused(folder, "added_tokens.json: the added token covid is not supported")


def test_a_vocabulary_with_the_line_ends_of_windows(folder):
    expected = read_tokenizer(folder).vocabulary
    (folder / "vocab.txt").write_bytes((folder / "vocab.txt").read_bytes().replace(b"\n", b"\r\n"))
    assert read_tokenizer(folder).vocabulary == expected


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "vocab.txt", "tokenizer_config.json"])
def test_the_identity_depends_on_every_file_that_is_used(folder, name):
    before = find_checkpoint(str(folder)).sha256
    if name == "model.safetensors":
        change_tensors(folder, **{KERNEL: np.zeros((7, 12), np.float32)})
    elif name == "config.json":
        configure(folder, hidden_act="relu")
    else:
        path = folder / name
        path.write_text('{"do_lower_case": false}' if name.endswith("json") else path.read_text() + "more\n")
    assert find_checkpoint(str(folder)).sha256 != before
