"""BERT's tokenizer in the graph against the tokenizers package."""

import json
import random

import pytest
import tensorflow as tf
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from classifier.errors import UserError
from classifier.pretrained import BertFiles, read_tokenizer
from classifier.tokenizers import BertTokenizer

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789éßöüñсветд日本語中国한국어σςøæ!?.,-_'\"€™😀"
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PIECES += [*LETTERS, *(f"##{letter}" for letter in LETTERS if letter.isalnum())]
PIECES += ["the", "un", "##aff", "##able", "able", "cafe", "##fe", "straße", "##ing", "##s", "ß", "Σ"]
PIECES = list(dict.fromkeys(PIECES))
FILES = BertFiles(PIECES, lower_case=True, strip_accents=True, split_ideographs=True, longest_word=100)


def reference(files: BertFiles) -> Tokenizer:
    ids = {piece: number for number, piece in enumerate(files.vocabulary)}
    made = Tokenizer(models.WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=files.longest_word))
    made.normalizer = normalizers.BertNormalizer(
        clean_text=True,
        handle_chinese_chars=files.split_ideographs,
        strip_accents=files.strip_accents,
        lowercase=files.lower_case,
    )
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", ids["[SEP]"]), ("[CLS]", ids["[CLS]"]))
    return made


def ids_of(files: BertFiles, texts: list[str], **options) -> list[list[int]]:
    tokenizer = BertTokenizer(files, **options)
    return tokenizer(tf.constant([text.encode() for text in texts])).to_list()


KINDS = {
    "uncased": FILES,
    "cased": FILES._replace(lower_case=False, strip_accents=False),
    "lower case with accents": FILES._replace(strip_accents=False),
    "cased without accents": FILES._replace(lower_case=False),
    "ideographs in words": FILES._replace(split_ideographs=False),
}
RANGES = (
    *((0x20, 0x7F), (0x20, 0x7F), (0xA0, 0x250), (0x300, 0x370), (0x370, 0x530), (0x1E00, 0x2000)),
    *((0x2000, 0x2070), (0x20A0, 0x20C0), (0x3040, 0x3100), (0x4E00, 0x4F00), (0xAC00, 0xAC40), (0x1F600, 0x1F640)),
)


@pytest.mark.parametrize("files", KINDS.values(), ids=KINDS)
def test_ids_equal_those_of_the_reference(files):
    draw = random.Random(11)
    texts = ["".join(chr(draw.randrange(*draw.choice(RANGES))) for _ in range(draw.randrange(40))) for _ in range(700)]
    texts += [
        "Unaffable CAFÉ",
        "straße Σίσυφος ὈΔΥΣΣΕΎΣ",
        "日本語 and 中国",
        "a" * 100,
        "a" * 101,
        "é" * 101,
        "",
        " \t\n ",
    ]
    made = reference(files)
    assert ids_of(files, texts, max_tokens=1000) == [made.encode(text, add_special_tokens=True).ids for text in texts]


def test_a_special_token_typed_by_a_user_is_text():
    (ids,) = ids_of(FILES, ["a [SEP] b"])
    assert ids.count(FILES.vocabulary.index("[SEP]")) == 1
    assert ids[-1] == FILES.vocabulary.index("[SEP]")


def test_any_bytes():
    tokenizer = BertTokenizer(FILES)
    found = tokenizer(tf.constant([b"a\x00b", b"a\xff b", b"\x1b", b""])).to_list()
    begin, end, a, b = (PIECES.index(piece) for piece in ("[CLS]", "[SEP]", "a", "b"))
    assert found == [[begin, a, PIECES.index("##b"), end], [begin, a, b, end], [begin, end], [begin, end]]


@pytest.mark.parametrize(("truncation", "kept"), [("head", "abcd"), ("tail", "efgh"), ("head_tail", "abgh")])
def test_long_texts_keep_their_special_tokens(truncation, kept):
    (ids,) = ids_of(FILES, [" ".join("abcdefgh")], max_tokens=6, truncation=truncation)
    assert [PIECES[number] for number in ids] == ["[CLS]", *kept, "[SEP]"]


def test_places_are_those_of_words():
    tokenizer = BertTokenizer(FILES, max_tokens=8)
    words = tokenizer.words(tf.constant(["the unaffable!", "b"]))
    assert tokenizer.padded(words).numpy()[0].tolist() == [
        PIECES.index(piece) for piece in ("[CLS]", "the", "un", "##aff", "##able", "!", "[SEP]", "[PAD]")
    ]
    assert tokenizer.places(words).numpy().tolist() == [[-1, 0, 1, 1, 1, 2, -1, -1], [-1, 0, *[-1] * 6]]


def test_neighbours_do_not_matter():
    texts = ["unaffable", "the cafe", "日本", "x" * 300, "ab" * 20]
    assert ids_of(FILES, texts) == [ids_of(FILES, [text])[0] for text in texts]


def written(folder, **changes) -> None:
    made = json.loads(reference(FILES).to_str())
    for key, value in changes.items():
        made[key] = value
    (folder / "tokenizer.json").write_text(json.dumps(made))


def test_tokenizer_json_is_read(tmp_path):
    written(tmp_path)
    assert read_tokenizer(tmp_path) == FILES


def test_vocab_txt_is_read(tmp_path):
    (tmp_path / "vocab.txt").write_text("\n".join(PIECES) + "\n", encoding="utf-8")
    (tmp_path / "tokenizer_config.json").write_text('{"do_lower_case": false, "sep_token": {"content": "[SEP]"}}')
    assert read_tokenizer(tmp_path) == KINDS["cased"]


REFUSED = {
    "no files": ({}, "has no tokenizer: neither tokenizer.json nor vocab.txt"),
    "byte pairs": ({"model": {"type": "BPE", "vocab": {}}}, "is not supported with byte pairs, only null."),
    "no unknown": ({"model": {"type": "WordPiece", "vocab": {"[PAD]": 0, "[CLS]": 1}}}, "the vocabulary has no [SEP]"),
}


@pytest.mark.parametrize(("changes", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(tmp_path, changes, message):
    if changes:
        written(tmp_path, **changes)
    with pytest.raises(UserError) as refused:
        read_tokenizer(tmp_path)
    assert message in str(refused.value)
