"""The pages in a real browser: they fit, they are readable in both colour schemes, and they need nothing else."""

import json
from pathlib import Path

import numpy as np
import pytest
from harness.browser import Browser, is_installed
from toy import classify, explained

from classifier.comparison.comparison import compare, entry
from classifier.comparison.page import page as comparison_page
from classifier.comparison.report import Report
from classifier.data import Reject
from classifier.drawing.page import as_png
from classifier.evaluation.metrics import evaluate
from classifier.evaluation.page import Page as ReportPage
from classifier.evaluation.page import write_page as write_report
from classifier.evaluation.plots import learning_curves
from classifier.evaluation.predictions import Predictions
from classifier.evaluation.scored import Scored
from classifier.explanation.classes import class_words
from classifier.explanation.faithfulness import faithfulness_curves, faithfulness_table
from classifier.explanation.page import DrawnText, Page, page_html
from classifier.sweeps import page as sweep_page
from classifier.tracking.trial_records import TrialRecord

pytestmark = pytest.mark.skipif(
    not is_installed(), reason="Chromium is not installed: apt-get install chromium chromium-driver"
)
CHECKS = (Path(__file__).parent / "page_checks.js").read_text(encoding="utf-8")
MARKUP = "</td></details><mark>marked</mark>\"'"
LONG = "card_payment_fee_charged_twice_by_the_merchant_abroad"
NAMES = [MARKUP, LONG, "فواتير (2024)", "x" * 70, 'say "hi"', *(f"class number {number}" for number in range(25))]
TEXTS = [f"good {MARKUP}", "أين طلبي رقم 12؟ (عاجل)", "great " + "y" * 120, "bad\n\n  film", "good film " * 40]
KINDS = ("report", "comparison", "sweep", "explanation")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The path of a page of each kind, with data that could break it."""
    folder = tmp_path_factory.mktemp("pages")
    paths = {kind: folder / f"{kind}.html" for kind in KINDS}
    paths["report"] = report(folder / "report")
    paths["comparison"].write_text(comparison_page(comparison()), encoding="utf-8")
    paths["sweep"] = sweep(folder)
    paths["explanation"].write_text(explanation(), encoding="utf-8")
    return paths


@pytest.fixture(scope="module")
def browser():
    with Browser() as browser:
        yield browser


def scored() -> Scored:
    draw, classes = np.random.default_rng(5), len(NAMES)
    labels = np.arange(400) % classes
    probabilities = draw.dirichlet(np.full(classes, 0.1), len(labels)) + 0.7 * np.eye(classes)[labels]
    texts = [f"{TEXTS[row % len(TEXTS)]} {row}" for row in range(len(labels))]
    origins = [f"فائل_{row}.csv:{row}" for row in range(len(labels))]
    return Scored(labels, probabilities / probabilities.sum(axis=1, keepdims=True), NAMES, texts, origins)


def report(folder: Path) -> Path:
    folder.mkdir()
    history = [{"epoch": epoch, "loss": 1 / epoch, "valid.accuracy": 0.5 + 0.1 * epoch} for epoch in (1, 2, 3)]
    learning_curves(history, best_epoch=2).savefig(folder / "learning_curves.png")
    evaluation = evaluate(scored(), resamples=20)
    page = ReportPage(
        f"data {MARKUP}",
        {"valid": evaluation, "test": evaluation},
        "Größe, 'it'",
        folder / "a folder" / "model",
        facts=["The model is that of epoch 2 of 3."],
        sizes={"train": 1000, "test": 400},
        notices=[f"1 text of {MARKUP} occurs twice."],
        rejects=[Reject(f"/data/{LONG}{MARKUP}.csv", row, "فواتير", "is empty") for row in range(20)],
        command=f"classifier train {MARKUP}",
        settings=f"data:\n  name: {MARKUP}\n" + "  key: value\n" * 50,
    )
    return write_report(folder, page)


def comparison() -> Report:
    labels = np.arange(300) % 5
    answers = {MARKUP: 20, "فواتير": 32, LONG: 90}
    entries = [
        entry(name, labels, np.where(np.arange(300) < wrong, (labels + 1) % 5, labels)[None], 5)
        for name, wrong in answers.items()
    ]
    found = compare(entries, "accuracy")
    texts = [f"{TEXTS[row % len(TEXTS)]} {row}" for row in range(300)]
    named = [NAMES[label] for label in labels]
    examples = Predictions([f"{LONG}.csv:{row}" for row in range(300)], texts, named, named, NAMES[:5], "a1")
    runs = {name: [f"{name} (0123456789abcdef0123456789abcdef)"] for name in answers}
    settings = {"encoder.depth": dict(zip(answers, (MARKUP, "2", "فواتير"), strict=True))}
    return Report(found, entries, examples, labels, NAMES[:5], runs, settings, [f"{MARKUP} is FAILED"], "three entries")


def sweep(folder: Path) -> Path:
    trials = [
        TrialRecord(
            number, f"label={NAMES[number]}", status, NAMES[number], "trial", [f"data.label={NAMES[number]}"],
            {"valid.macro_f1": 0.5, "seconds": 7.0}, "run", "folder", f"id{number}", 0.0, [],
        )
        for number, status in enumerate(("FINISHED", "PRUNED", "FAILED", "KILLED", "FINISHED"))
    ]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:  # drawing all pictures takes several seconds
        patch.setattr(
            sweep_page, "pictures", lambda *_: {"learning_curves": learning_curves([{"epoch": 1, "loss": 1}])}
        )
        sweep_page.write_page(folder, f"sweep {MARKUP} فواتير", trials, ["data.label"], ["valid.macro_f1"])
    return folder / "sweep.html"


def explanation() -> str:
    some = [explained(text) for text in TEXTS]
    names = [LONG, MARKUP]
    curves = faithfulness_curves(some[:2], classify, seed=0)
    words = class_words(some, names)
    drawn = [DrawnText(one, f"فائل_{place}.csv:{place}", [one.explained], [1]) for place, one in enumerate(some)]
    mistakes = [DrawnText(some[0], "a.csv:2", [1], [0])]
    figure = as_png(learning_curves([{"epoch": 1, "loss": 1}]))
    return page_html(Page("Explanations", names, drawn, mistakes, faithfulness_table(curves, 0), "2", figure, words))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_fits_and_is_readable(browser, pages, kind, width, scheme):
    browser.look(width, scheme)
    browser.open(pages[kind])
    found = browser.run(CHECKS)
    assert found["texts"] > 50
    assert found.pop("scheme") == scheme
    assert {name: places for name, places in found.items() if name != "texts" and places} == {}
    assert browser.log("browser") == []
    assert requested(browser) <= {pages[kind].resolve().as_uri()}


def requested(browser: Browser) -> set[str]:
    """Returns the addresses of all requests since the last call, except for data that are inside of the page."""
    messages = [json.loads(line["message"])["message"] for line in browser.log("performance")]
    sent = [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]
    return {address for address in sent if not address.startswith("data:")}


@pytest.mark.parametrize("kind", KINDS)
def test_names_are_text(pages, kind):
    html = pages[kind].read_text(encoding="utf-8")
    assert "<mark>marked" not in html
    assert "&lt;mark&gt;marked" in html.replace("<wbr>", "")
