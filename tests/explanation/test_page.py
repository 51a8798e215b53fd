"""The page is self-contained, escapes all texts, and supports all scripts and lengths."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from toy import classify, explained

from classifier.drawing.heat import LEVELS, level
from classifier.explanation.classes import class_words
from classifier.explanation.explanation import METHODS
from classifier.explanation.faithfulness import faithfulness_curves, faithfulness_table
from classifier.explanation.marks import marked_text, shown_tokens
from classifier.explanation.page import DrawnText, Page, page_html
from classifier.explanation.report import Report, write_report

MARKUP = "good <em>marked</em> <img src=http://example.com/a.png onclick=1> & 'quoted'"
SCRIPTS = ["good 退货太慢了 。", "good أين طلبي ؟", "great $film$ 👍🏽 हिन्दी", "good"]
LABELS = ["<b>bad</b>", "good"]


@pytest.fixture(scope="module")
def html():
    some = [explained(text) for text in (MARKUP, *SCRIPTS, "")]
    readable = [one for one in some if one.words]
    curves = faithfulness_curves(readable, classify, seed=0)
    return page_html(
        Page(
            "Why <it> answers so",
            LABELS,
            [DrawnText(one, f"file.csv:{place}", [one.explained], [1]) for place, one in enumerate(some)],
            [DrawnText(some[0], "a.csv:2", [1], [0])],
            faithfulness_table(curves, seed=0),
            "5 texts",
            bytes(16) + (150).to_bytes(4, "big"),
            class_words(readable, LABELS),
        )
    )


class Elements(HTMLParser):
    """Collects elements with their attributes, and the text."""

    def __init__(self, html):
        super().__init__()
        self.found, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_no_address_leads_out_of_the_page(html):
    elements = Elements(html).found
    for _, attributes in elements:
        for name in ("src", "href", "xlink:href", "action", "data", "poster", "srcset"):
            assert attributes.get(name, "data:").startswith("data:")
    assert not {"link", "script", "iframe", "object", "base"} & {tag for tag, _ in elements}
    assert not re.search(r"url\(|@import|https?:", html.replace("<wbr>", "").replace("http://example.com", ""))


def test_foreign_text_is_text(html):
    parsed = Elements(html)
    assert MARKUP in parsed.text and "<b>bad</b>" in parsed.text and "Why <it> answers so" in parsed.text
    assert "<em" not in html and "onclick=1>" not in html
    assert not any(name.startswith("on") for _, attributes in parsed.found for name in attributes)


def test_every_text_is_written_in_its_own_direction(html):
    drawn = [attributes for tag, attributes in Elements(html).found if tag == "p" and "dir" in attributes]
    assert drawn and all(attributes["dir"] == "auto" for attributes in drawn)
    assert all(text in Elements(html).text for text in SCRIPTS)


def test_the_content(html):
    text = Elements(html).text
    for title in ("Which explanation to believe", "Words that count most", "most confident mistakes", "beats random"):
        assert title in text
    assert "good 73.1%" in text and "but it is <b>bad</b>" in text
    assert METHODS["integrated_gradients"].title in text and "The classifier reads no word in this text." in text


def test_the_colours_are_explained_for_a_contrast_of_two_classes():
    one = explained("good film")
    one.probabilities = np.array([0.2, 0.5, 0.3])
    told = "blue speaks for good, orange for bad"
    for contrast, is_told in (([-1, 1, 0], True), ([-0.5, 1, -0.5], False)):
        one.contrast = np.array(contrast)
        html = page_html(Page("t", ["bad", "good", "other"], [DrawnText(one, "", [1], [0])]))
        text = Elements(html).text
        assert "good 50.0%, but it is bad" in text and (told in text) == is_told


def test_the_labels_of_a_text_with_several_are_named():
    one = explained("good film")
    one.probabilities, one.contrast = np.array([0.2, 0.8, 0.6]), np.eye(3)[2]

    def told(answers, labels):
        html = page_html(Page("t", ["bad", "good", "other"], [DrawnText(one, "", answers, labels)], several=True))
        return Elements(re.search("<h3>(.*?)</h3>", html)[1].replace("<small>", "| ")).text

    assert told([1, 2], [2, 1]) == "good 80.0%, other 60.0% | explained: other 60.0%"
    assert told([2], [1, 2]) == "other 60.0%, but it is good, other"
    assert told([], []) == "no label | explained: other 60.0%"
    assert told([2], []) == "other 60.0%, but it is without a label"


def test_one_scale_of_colours():
    assert level(1.0, 1.0) == f"f{LEVELS}" and level(-1.0, 1.0) == f"a{LEVELS}" and level(1e-9, 1.0) == ""
    one = explained("good bad film")
    assert re.findall('<b class="([^"]*)"', marked_text(one, np.array([2.0, -1.0, 0.0]), 2.0)) == ["f12", "a6", ""]


def test_words_are_shown_as_they_are_written():
    """A tokenizer may lower the case and strip accents, and split a word into pieces."""
    one = explained("Große Grüße früh Früh")
    one.words, one.tokens = ["große", "grusse", "fruh", "fruh"], ["[UNK]", "gru", "##sse", "fru", "##h", "fruh"]
    one.places = np.array([0, 1, 1, 2, 2, 3])
    assert one.written == ["Große", "Grüße", "früh", "Früh"]
    assert shown_tokens(one) == ["Große", "gru", "##sse", "frü", "##h", "Früh"]
    assert {row.word for row in class_words([one], LABELS)} == {"Große", "Grüße", "früh"}


def test_values_are_readable_without_a_pointer(html):
    headers = [attributes for tag, attributes in Elements(html).found if tag == "th"]
    assert any(attributes.get("scope") == "row" for attributes in headers)
    assert "+1.000" in Elements(html).text


def test_a_long_text_keeps_the_page_small():
    one = explained("good film " * 150)
    html = page_html(Page("t", LABELS, [DrawnText(one, "", [1])]))
    assert len(html) < 500_000 and "<details><summary>Attention" in html


def test_the_report_of_texts_in_any_script(tmp_path):
    """Warnings, for example about missing glyphs, are errors in the tests."""
    some = [explained(text) for text in SCRIPTS]
    curves = faithfulness_curves(some, classify, seed=0)
    table = faithfulness_table(curves, seed=0)
    texts = [DrawnText(one, "in.csv:2", [one.explained], [1]) for one in some[:2]]
    report = Report(LABELS, texts, texts[:1], class_words(some, LABELS), curves, table, len(some))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "text_9.png").write_text("of an earlier report")
    page = write_report(tmp_path / "out", report)
    assert page == tmp_path / "out" / "explanation.html"
    names = {path.name for path in (tmp_path / "out").rglob("*.*")}
    assert names == {
        "explanation.html",
        "explanations.jsonl",
        "faithfulness.csv",
        "class_words.csv",
        "faithfulness.png",
        "class_words.png",
        *(f"{one}_{what}.png" for one in ("mistake_1", "text_1", "text_2") for what in ("attention", "words")),
    }


def test_a_model_without_attention_has_a_picture_of_the_words(tmp_path):
    one = explained("good film " * 200)
    one.attention = []
    write_report(tmp_path, Report(LABELS, [DrawnText(one, "", [1]), DrawnText(explained(""), "", [1])]))
    assert [path.name for path in (tmp_path / "pictures").iterdir()] == ["text_1_words.png"]
