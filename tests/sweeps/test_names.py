"""Unusual names, values and folders: a sweep shows them correctly and passes them on unchanged."""

import json

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from classifier.settings.typed import quoted
from classifier.sweeps import run
from classifier.sweeps.page import write_page
from classifier.tracking.notes import as_markdown
from classifier.tracking.trial_records import OVERRIDES

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::optuna.exceptions.ExperimentalWarning"
)


def folders(done):
    return [values["hydra.run.dir"].removeprefix(f"{done.folder}/") for values in done.started]


@pytest.mark.parametrize(
    ("subdir", "expected"),
    [
        ("trial_${hydra.job.num}", ["trial_0", "trial_1"]),
        ("depth=${encoder.depth}/run", ["depth=1/run", "depth=2/run"]),
        ("x${hydra.job.override_dirname}", ["xencoder.depth=1,seed=3", "xencoder.depth=2,seed=3"]),
        ("[a] ${encoder.depth} %ü", ["[a] 1 %ü", "[a] 2 %ü"]),
    ],
)
def test_a_trial_has_the_folder_that_hydra_would_give_it(run_sweep, subdir, expected):
    left_out = "[sweep.objective,tracking.uri,tracking.experiment]"
    without = f"hydra.job.config.override_dirname.exclude_keys={left_out}"
    done = run_sweep("encoder.depth=1,2", "seed=3", without, f"hydra.sweep.subdir='{subdir}'")
    assert done.code == 0, done.err
    assert folders(done) == expected
    assert [run.data.tags["classifier.output"] for run in done.children] == [f"{done.folder}/{one}" for one in expected]


@pytest.mark.parametrize(
    ("subdir", "message"),
    [
        ("same", "gives several trials the same folder, same: include ${hydra.job.num}"),
        ("../${hydra.job.num}", "must be a folder inside hydra.sweep.dir"),
        ("/tmp/${hydra.job.num}", "must be a folder inside hydra.sweep.dir"),
        ("''", "must be a folder inside hydra.sweep.dir"),
        ("report/${hydra.job.num}", "the sweep uses folders named report itself"),
        (f"{'x' * 255}${{hydra.job.num}}", "has more than 255 bytes"),
    ],
)
def test_a_folder_that_is_not_its_own_is_refused(run_sweep, subdir, message):
    done = run_sweep("encoder.depth=1,2", f"hydra.sweep.subdir={subdir}")
    assert done.code == 2 and message in done.err
    assert not done.started


def test_the_folders_of_a_search_are_numbered(run_sweep, tmp_path):
    search = (
        "hydra/sweeper=optuna",
        f"hydra.sweeper.storage=journal:///{tmp_path}/optuna.journal",
        "encoder.depth=1,2",
    )
    done = run_sweep(*search, "hydra.sweep.subdir='${encoder.depth}'")
    assert done.code == 2 and "gives several trials the same folder" in done.err
    done = run_sweep(*search, "hydra.sweep.subdir='t${hydra.job.num}'", "hydra.sweeper.n_trials=1", "sweep.refit=true")
    assert folders(done) == ["t0", "refit-0", "refit-1", "refit-2"]


ODD = [
    "[b]bold[/b]", "[/a.csv,/b.csv]", "it's", "a,b", "x=y", "50% ü", 'say "no"', r"$\foo{$", "back\\slash\\", "${seed}",
    "*md* [l](http://u) <i>", "two\nlines", "\x1b[31mred",
]  # fmt: skip


def values_of(children):
    """Returns the values of each trial as parsed by Hydra."""
    parser = OverridesParser.create()
    typed = [
        next(one for one in json.loads(run.data.tags[OVERRIDES]) if one.startswith("data.name=")) for run in children
    ]
    return [OmegaConf.create({"seed": 0, "x": parser.parse_override(one).value()}).x for one in typed]


@pytest.mark.filterwarnings("error:Glyph")
@pytest.mark.parametrize("search", [False, True])
def test_odd_values_are_shown_and_handed_on_as_they_are(run_sweep, monkeypatch, tmp_path, search):
    """Including the figures and the page."""
    monkeypatch.setattr(run, "write_page", write_page)
    storage = f"hydra.sweeper.storage=journal:///{tmp_path}/optuna.journal"
    more = ("hydra/sweeper=optuna", storage, "hydra.sweeper.sampler=grid") if search else ()
    swept = "data.name=" + ",".join(map(quoted, ODD))
    done = run_sweep(swept, "sweep.name='[/b] it\\'s, 5 %'", *more)
    assert done.code == 0, done.err
    assert "Sweep [/b] it's, 5 %, run " in done.out
    assert sorted(values_of(done.children)) == sorted(ODD)
    for shown in ("name='[b]bold[/b]'", "name='[/a.csv,/b.csv]'", "name='two␊lines'", "name='␛[31mred'"):
        assert shown in done.out
    assert "\x1b" not in done.out
    assert OmegaConf.load(done.report / "best.yaml")
    again = run_sweep(swept, "sweep.name='[/b] it\\'s, 5 %'", *more)
    assert (len(again.parents), again.started) == (1, [])


@pytest.mark.parametrize("text", [*ODD, "\\", "\\'", "\\${x}", " ", "a\\b ${y}\\"])
def test_any_text_can_be_a_value(text):
    value = OverridesParser.create().parse_override(f"key={quoted(text)}").value()
    assert OmegaConf.create({"key": value}).key == text


def test_a_note_is_plain_text():
    assert as_markdown("a_b [x](y) <b> & `c`") == r"a\_b \[x\](y) &lt;b&gt; &amp; \`c\`"
