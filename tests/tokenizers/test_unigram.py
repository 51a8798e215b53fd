"""SentencePiece's unigram model in the graph against the tokenizers package."""

import base64
import csv
import json
import random
import unicodedata
from pathlib import Path

import pytest
import sentencepiece
import tensorflow as tf
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Tokenizer

from classifier.errors import UserError
from classifier.pretrained import read_tokenizer
from classifier.pretrained.character_map import read_character_map
from classifier.tokenizers import UnigramTokenizer, pretrained_tokenizer

REFERENCES = Path(__file__).parents[1] / "pretrained" / "references"
CORPUS = Path(__file__).parents[2] / "classifier" / "data" / "embedded" / "train.csv"
RANGES = (
    *((0x20, 0x7F), (0x61, 0x7B), (0x61, 0x67), (0x9, 0xE), (0x20, 0x21), (0x20, 0x21), (0x0, 0xA0), (0xA0, 0x250)),
    *((0x370, 0x530), (0x1E00, 0x2070), (0x2460, 0x2500), (0x3000, 0x3100), (0x4E00, 0x4F00), (0xAC00, 0xAC40)),
    *((0x1F600, 0x1F640), (0xFF00, 0xFFEF), (0x900, 0x980), (0xE00, 0xE80)),
)
FOREIGN = [
    "我想退货，送货太慢了。",
    "Où est mon colis ? Déjà vu!",
    "Die Größe ist falsch",
    "注文をキャンセルしたい",
    "где моя посылка?",
]
ODD = [
    "",
    " ",
    " \n\t ",
    "  a  b ",
    "it's (late), ok...",
    "a" * 150,
    "``no'' it''s",
    "ﬁne ＡＢＣ ½ ①…",
    "İΣ Σίσυφος",
]


def texts() -> list[str]:
    draw = random.Random(11)
    made = ["".join(chr(draw.randrange(*draw.choice(RANGES))) for _ in range(draw.randrange(50))) for _ in range(300)]
    with CORPUS.open(newline="", encoding="utf-8") as file:
        whole = [*(row["text"] for row in csv.DictReader(file))][:300] + made + FOREIGN + ODD
    return ["".join(letter for letter in text if not unicodedata.category(letter).startswith("M")) for text in whole]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model of SentencePiece with its usual normalization."""
    folder = tmp_path_factory.mktemp("sentencepiece")
    given = [text for text in texts() if "\x00" not in text] + 4 * FOREIGN
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(given),
        model_prefix=f"{folder}/model",
        vocab_size=1500,
        minloglevel=2,
        character_coverage=0.98,
    )
    found = sentencepiece_model_pb2.ModelProto()  # pyright: ignore[reportAttributeAccessIssue]
    found.ParseFromString((folder / "model.model").read_bytes())
    return found


def written(folder: Path, name: str, learned=None, **changes) -> Path:
    """Writes the tokenizer of a reference with the pieces and the normalization of another model, and changes."""
    made = json.loads((REFERENCES / name / "tokenizer.json").read_text())
    if learned:
        count = len(made["added_tokens"]) - (name == "xlm_roberta")
        pieces = [[piece.piece, piece.score] for piece in learned.pieces[3:]]
        made["model"]["vocab"] = made["model"]["vocab"][:count] + pieces
        for token in made["added_tokens"][count:]:  # the mask comes last
            token["id"] = len(made["model"]["vocab"])
        parts = made["normalizer"].get("normalizers", [made["normalizer"]])
        parts[-1]["precompiled_charsmap"] = base64.b64encode(learned.normalizer_spec.precompiled_charsmap).decode()
    for key, value in changes.items():
        made[key] = {**made[key], **value} if isinstance(value, dict) and made[key] else value
    (folder / "tokenizer.json").write_text(json.dumps(made))
    (folder / "tokenizer_config.json").write_bytes((REFERENCES / name / "tokenizer_config.json").read_bytes())
    return folder


def differing(folder: Path, given: list[str]) -> list[str]:
    """Returns the texts whose ids differ from those of the reference, in which padding has its own id."""
    files, reference = read_tokenizer(folder), Tokenizer.from_file(str(folder / "tokenizer.json"))
    back = {0: files.padding, files.padding: 0}
    found = pretrained_tokenizer(files, max_tokens=2000)(tf.constant([text.encode() for text in given])).to_list()
    ids = [[back.get(number, number) for number in row] for row in found]
    return [text for text, row in zip(given, ids, strict=True) if row != reference.encode(text).ids]


@pytest.mark.parametrize("name", ["xlm_roberta", "albert"])
def test_ids_equal_those_of_the_reference(tmp_path, model, name):
    assert not differing(written(tmp_path, name, model), texts())


def test_with_accents_and_capitals(tmp_path):
    """As ALBERT's tokenizer with keep_accents=true and do_lower_case=false; on a small map of characters."""
    kept = json.loads((REFERENCES / "albert" / "tokenizer.json").read_text())["normalizer"]["normalizers"]
    kept = [part for part in kept if part["type"] not in ("NFKD", "StripAccents", "Lowercase")]
    assert not differing(written(tmp_path, "albert", normalizer={"normalizers": kept}), texts())


def test_letters_with_marks_are_composed(tmp_path, model):
    """The reference does so up to five bytes, and drops a second mark."""
    folder = written(tmp_path, "xlm_roberta", model)
    assert not differing(folder, ["cafe\u0301 A\u030a"])
    tokenizer = UnigramTokenizer(read_tokenizer(folder))
    once, twice = tokenizer(tf.constant(["ế", "e\u0302\u0301"])).to_list()
    assert once == twice


def test_words_share_pieces():
    tokenizer = UnigramTokenizer(read_tokenizer(REFERENCES / "xlm_roberta"), max_tokens=40)
    words = tokenizer.words(tf.constant(["  the late,  (parcel)!", "退货"]))
    assert words.to_list()[0] == [b" the", b" late", b",", b" (", b"parcel", b")", b"!"]
    assert tokenizer.bare(words).to_list()[1] == ["退".encode(), "货".encode()]
    assert tokenizer.spaces(words).to_list()[0] == [b" ", b" ", b"", b" ", b"", b"", b""]
    ids, places = tokenizer.padded(words).numpy(), tokenizer.places(words).numpy()
    spelled = {place: "" for place in range(7)}
    for number, place in zip(ids[0], places[0], strict=True):
        if place >= 0:
            spelled[place] += tokenizer.vocabulary[number]
    assert spelled == {0: "▁the", 1: "▁late", 2: ",", 3: "▁(", 4: "parcel", 5: ")", 6: "!"}


def test_any_bytes_and_neighbours():
    tokenizer = UnigramTokenizer(read_tokenizer(REFERENCES / "albert"))
    given = [b"", b"\xff \xfe", b"A\x00b", b"it's late", "退货".encode(), b"x" * 100_000, "a \u2581 b".encode()]
    found = tokenizer(tf.constant(given)).to_list()
    assert found == [tokenizer(tf.constant([text])).to_list()[0] for text in given]
    assert found[0] == found[1] == [2, 3]
    assert len(found[5]) == 128


REFUSED = {
    "bytes": ({"model": {"byte_fallback": True}}, "byte_fallback=true is not supported, only false."),
    "an unknown id": ({"model": {"unk_id": 900}}, "unk_id=900 is not the id of a piece."),
    "a score": ({"model": {"vocab": [["a", "b"]]}}, 'the piece ["a", "b"] is not a string with a finite score.'),
    "a splitter": (
        {"pre_tokenizer": {"type": "Whitespace", "pretokenizers": [{}]}},
        "not WhitespaceSplit and Metaspace.",
    ),
    "a space": (
        {"pre_tokenizer": {"pretokenizers": [{"type": "Metaspace", "prepend_scheme": "first"}]}},
        "=first of Meta",
    ),
    "a normalizer": ({"normalizer": {"type": "Nmt"}}, 'the normalizer {"type": "Nmt"'),
    "a damaged map": (
        {"normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAA"}},
        "precompiled_charsmap is damaged",
    ),
    "an added word": ({"added_tokens": [{"content": "covid"}]}, "the added token covid is not supported"),
}


@pytest.mark.parametrize(("changes", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(tmp_path, changes, message):
    with pytest.raises(UserError) as refused:
        read_tokenizer(written(tmp_path, "xlm_roberta", **changes))
    assert message in str(refused.value) and "\n" not in str(refused.value)


def test_a_folder_without_tokenizer_json(tmp_path):
    (tmp_path / "spiece.model").write_bytes(b"")
    with pytest.raises(UserError, match=r"has spiece.model, but no tokenizer.json: load the folder with"):
        read_tokenizer(tmp_path)


def test_the_map_of_characters_is_that_of_sentencepiece(model):
    encoded = base64.b64encode(model.normalizer_spec.precompiled_charsmap).decode()
    found = read_character_map(Path("tokenizer.json"), encoded)
    strings = [found.strings[code] for code in (0xFB01, 0xFF21, 0x2026, 0x1, 0x200B)]
    assert strings == ["fi", "A", "...", "", " "]
    assert found.composes and ord("a") not in found.strings
