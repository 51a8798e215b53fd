"""Byte pairs in the graph against the tokenizers package."""

import csv
import json
import random
import shutil
from pathlib import Path

import pytest
import tensorflow as tf
from tokenizers import ByteLevelBPETokenizer, Tokenizer

from classifier.errors import UserError
from classifier.pretrained import read_tokenizer
from classifier.tokenizers import BytePairTokenizer, pretrained_tokenizer

REFERENCES = Path(__file__).parents[1] / "pretrained" / "references"
CORPUS = Path(__file__).parents[2] / "classifier" / "data" / "embedded" / "train.csv"
RANGES = (
    *((0x20, 0x7F), (0x61, 0x7B), (0x61, 0x67), (0x9, 0xE), (0x20, 0x21), (0x20, 0x21), (0x27, 0x28), (0x0, 0xA0)),
    *((0xA0, 0x250), (0x300, 0x370), (0x370, 0x530), (0x1E00, 0x2070), (0x2460, 0x2500), (0x3000, 0x3100)),
    *((0x4E00, 0x4F00), (0xAC00, 0xAC40), (0x1F600, 0x1F640)),
)
SPACES = "'s's 's  's\n's\t't \n 're|hello \n\n world|  before|after  \n|\n\nx|x\xa0\xa0y|'|' '|IT'S  ok|\r\n\r\n a|'ll"
ODD = [*SPACES.split("|"), "", "aaaaaaaaaa aaaaa aaa aa", "a" * 1000, "the </s> end", "\N{LINE SEPARATOR} a"]


def texts() -> list[str]:
    draw = random.Random(11)
    made = ["".join(chr(draw.randrange(*draw.choice(RANGES))) for _ in range(draw.randrange(50))) for _ in range(400)]
    with CORPUS.open(newline="", encoding="utf-8") as file:
        return [
            text for text in [*(row["text"] for row in csv.DictReader(file))][:300] + made + ODD if not is_blank(text)
        ]


def is_blank(text: str) -> bool:
    return bool(text) and not text.strip()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tokenizer with many merges."""
    folder = tmp_path_factory.mktemp("byte_pairs")
    made = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    made.train_from_iterator(texts(), vocab_size=1500, special_tokens=special, show_progress=False)
    written = json.loads((REFERENCES / "roberta" / "tokenizer.json").read_text())
    written["model"] = json.loads(made.to_str())["model"]
    (folder / "tokenizer.json").write_text(json.dumps(written))
    return folder


def changed(folder: Path, place: Path, **changes) -> Path:
    written = json.loads((folder / "tokenizer.json").read_text())
    for key, value in changes.items():
        written[key] = {**written[key], **value} if isinstance(value, dict) and written[key] else value
    (place / "tokenizer.json").write_text(json.dumps(written))
    return place


def ids_of(folder: Path, given: list[str], **options) -> list[list[int]]:
    """Ids as in the checkpoint, in which padding has not changed places with the first token."""
    files = read_tokenizer(folder)
    tokenizer = pretrained_tokenizer(files, **options)
    back = {0: files.padding, files.padding: 0}
    found = tokenizer(tf.constant([text.encode() for text in given])).to_list()
    return [[back.get(number, number) for number in row] for row in found]


@pytest.mark.parametrize("space", [False, True])
def test_ids_equal_those_of_the_reference(folder, tmp_path, space):
    changed(folder, tmp_path, pre_tokenizer={"add_prefix_space": space})
    reference = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    given = [text for text in texts() if text and "</s>" not in text]
    assert ids_of(tmp_path, given, max_tokens=2000) == [reference.encode(text).ids for text in given]


def test_the_older_files_are_read():
    files, whole = (read_tokenizer(REFERENCES / name) for name in ("roberta_relu_epsilon", "roberta"))
    assert files == whole
    assert (files.vocabulary[:4], files.padding) == (["<pad>", "<s>", "</s>", "<unk>"], 1)


def test_a_special_token_typed_by_a_user_is_text(folder):
    (ids,) = ids_of(folder, ["the </s> end"])
    assert ids.count(2) == 1 and ids[-1] == 2


def test_texts_without_words_and_any_bytes():
    tokenizer = BytePairTokenizer(read_tokenizer(REFERENCES / "roberta"))
    texts = tf.constant([b"", b" \n\t ", b"\xff", b"a\x00b", "a\U0010ffffb".encode(), b"a b"])
    found = tokenizer(texts).to_list()
    assert found[0] == found[1] == found[2] == [1, 2]
    assert len(found[3]) == 5 and found[4] == found[5]


def test_words_have_no_spaces_where_they_are_shown():
    tokenizer = BytePairTokenizer(read_tokenizer(REFERENCES / "roberta"), max_tokens=12)
    words = tokenizer.words(tf.constant([" it's \n late,12  ", "b"]))
    assert words.to_list()[0] == [b" it", b"'s", b" \n late", b",", b"12  "]
    assert tokenizer.bare(words).to_list() == [[b"it", b"'s", b"late", b",", b"12"], [b"b"]]
    assert tokenizer.spaces(words).to_list() == [[b" ", b"", b" \n ", b"", b""], [b""]]
    ids, places = tokenizer.padded(words).numpy(), tokenizer.places(words).numpy()
    assert [(tokenizer.vocabulary[number], place) for number, place in zip(ids[1], places[1], strict=True)] == [
        *(("<s>", -1), ("b", 0), ("</s>", -1)),
        *[("<pad>", -1)] * 9,
    ]
    assert places[0, 0] == places[0, -1] == -1
    assert set(places[0, 1:-1]) >= {0, 1, 2}


def test_neighbours_do_not_matter(folder):
    given = ["it's late", "the cafe", "日本", "x" * 300, "ab" * 20]
    assert ids_of(folder, given) == [ids_of(folder, [text])[0] for text in given]


REFUSED = {
    "another type": ({"model": {"type": "WordLevel"}}, "a tokenizer of type WordLevel is not supported"),
    "a normalizer": ({"normalizer": {"type": "NFC"}}, 'normalizer={"type": "NFC"} is not supported with byte pairs'),
    "words as in BERT": ({"pre_tokenizer": {"type": "BertPreTokenizer"}}, "its pre_tokenizer is BertPreTokenizer"),
    "no pattern": ({"pre_tokenizer": {"use_regex": False}}, "use_regex=false is not supported, only true."),
    "dropout": ({"model": {"dropout": 0.1}}, "dropout=0.1 is not supported, only null."),
    "whole words": ({"model": {"ignore_merges": True}}, "ignore_merges=true is not supported, only null."),
    "no special tokens": ({"post_processor": {"type": "ByteLevel"}}, "does not enclose a text in two special tokens"),
    "half a pair": ({"model": {"merges": [["a", "b"], ["c"]]}}, 'merge 2 is ["c"], not a pair of tokens.'),
    "an unknown token": ({"model": {"merges": ["q z"]}}, "merge 1 needs the token qz, which has no id."),
    "an order": ({"model": {"merges": ["he r", "h e"]}}, "merge 2 makes he, which an earlier merge uses;"),
    "an added word": ({"added_tokens": [{"content": "covid"}]}, "the added token covid is not supported"),
    "no bytes": ({"model": {"vocab": {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "a": 4}}}, "for the byte 0."),
}


@pytest.mark.parametrize(("changes", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(folder, tmp_path, changes, message):
    with pytest.raises(UserError) as refused:
        read_tokenizer(changed(folder, tmp_path, **changes))
    assert message in str(refused.value) and "\n" not in str(refused.value)


def test_a_vocabulary_without_merges(tmp_path):
    shutil.copy(REFERENCES / "roberta_relu_epsilon" / "vocab.json", tmp_path)
    with pytest.raises(UserError, match=r"has vocab.json, but no merges.txt."):
        read_tokenizer(tmp_path)
    (tmp_path / "merges.txt").write_text("#version: 0.2\nh e\n")
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "GPT2Tokenizer"}')
    with pytest.raises(UserError, match=r"tokenizer_class=GPT2Tokenizer is not supported, only RobertaTokenizer."):
        read_tokenizer(tmp_path)
