"""README and docs/ are correct: commands compose, keys and defaults are up to date, links are valid."""

import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf, open_dict

from classifier.command_line.arguments import with_files, with_quoted_marks, with_quotes
from classifier.command_line.choices import CONF, LEAVES, known_keys, store_schema
from classifier.command_line.compose import hydra_state
from classifier.command_line.run import checked
from classifier.settings import (
    AuditSettings,
    CleanSettings,
    CompareSettings,
    DecideSettings,
    EvaluateSettings,
    ExplainSettings,
    PromoteSettings,
    PublishSettings,
    ScoreSettings,
    TrainSettings,
    as_typed,
)
from classifier.settings.renamed import RENAMED, RENAMED_CHOICES

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in PAGES}
SCHEMAS = {
    "train": TrainSettings,
    "evaluate": EvaluateSettings,
    "score": ScoreSettings,
    "explain": ExplainSettings,
    "compare": CompareSettings,
    "decide": DecideSettings,
    "promote": PromoteSettings,
    "publish": PublishSettings,
    "clean": CleanSettings,
    "audit": AuditSettings,
}
CALL = re.compile(rf"(?:python -m classifier\.|(?<![\w./-])classifier )(({'|'.join(SCHEMAS)})\b[^&|#\n]*)")
HYDRAS = re.compile(r"--cfg job|--help")  # options of Hydra that show the configuration
LINKS = [
    (name, link) for name, text in TEXTS.items() for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link
]
TABLES = TEXTS["docs/settings.md"] + TEXTS["docs/sweeps.md"]
OLD = [*(key for key in RENAMED if "." in key), *RENAMED_CHOICES]


def commands() -> list[str]:
    """Returns the commands in shell blocks and indented code."""
    found = set()
    for text in TEXTS.values():
        blocks = [*re.findall(r"```bash\n(.*?)```", text, re.DOTALL), *re.findall(r"^    .*", text, re.MULTILINE)]
        for line in "\n".join(blocks).replace("\\\n", " ").splitlines():
            found |= {match[1].strip() for match in CALL.finditer(line) if "[key=value" not in line}
    return sorted(found)


@pytest.mark.parametrize("command", commands())
def test_a_command_composes(command, tmp_path, monkeypatch):
    name, *overrides = shlex.split(HYDRAS.sub("", re.sub(r"<[^>]*>", "x", command).split(" > ")[0]))
    if "-m" in overrides:
        overrides = [first_choice(override) for override in overrides if override != "-m"]
    if name in ("train", "audit"):
        overrides = with_files(overrides)
    overrides = with_quoted_marks(overrides)
    if name == "explain":
        overrides = with_quotes(overrides, "text")
    monkeypatch.chdir(tmp_path)
    with hydra_state():
        config = composed(name, overrides)
        HydraConfig.instance().set_config(config)
        with open_dict(config):
            del config["hydra"]
        assert isinstance(checked(config, name), SCHEMAS[name])


def composed(name: str, overrides: list[str]) -> DictConfig:
    """The configuration of a command; to be called within `hydra_state`."""
    store_schema(name, SCHEMAS[name])
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose(name, overrides, return_hydra_config=True)


def first_choice(override: str) -> str:
    """Replaces sweeps with their first value."""
    (parsed,) = OverridesParser.create().parse_overrides([override])
    if not parsed.is_sweep_override():
        return override
    value = next(parsed.sweep_string_iterator()) if parsed.is_discrete_sweep() else parsed.value().start
    return f"{parsed.get_key_element()}={value}"


def test_there_are_commands_of_every_kind():
    assert {command.split()[0] for command in commands()} == set(SCHEMAS)


def test_the_tables_of_settings_have_the_defaults(monkeypatch):
    for variable in ("CLASSIFIER_DATA", "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(variable, raising=False)
    with hydra_state():
        everything, pretrained = (leaves(composed("train", choices)) for choices in ([], ["encoder=pretrained"]))
    assert_defaults("| key | default |", everything, {"data.train", "data.valid", "data.test"})
    of_encoder = {key: value for key, value in pretrained.items() if key.startswith("encoder.")}
    assert_defaults("| key of a pretrained encoder | default |", of_encoder, set())


def assert_defaults(header: str, defaults: dict[str, Any], elsewhere: set[str]) -> None:
    """Compares the tables of this header with the defaults; the keys that are `elsewhere` are not in them."""
    tables = "\n".join(part.partition("\n\n")[0] for part in TABLES.split(header)[1:])
    rows = re.findall(r"^\| (`[a-z_.0-9]+`(?:, `[a-z_.0-9]+`)*) \| ([^|]+) \|", tables, re.MULTILINE)
    stated = [
        (key, default)
        for keys, values in rows
        for key, default in zip(re.findall(r"`([^`]+)`", keys), values.strip().split(", "), strict=True)
    ]
    for key, default in stated:
        assert as_typed(defaults[key]).strip("'") == default, key
    assert {key for key, _ in stated} == set(defaults) - elsewhere


def leaves(config: DictConfig) -> dict[str, Any]:
    """Returns the values of all keys of the command, with lists as values and without classes."""
    keys = [key for key in known_keys(config) if not key.startswith("hydra") and not key.endswith("_target_")]
    values = {key: OmegaConf.select(config, key) for key in keys}
    return {
        key: OmegaConf.to_container(value) if OmegaConf.is_list(value) else value
        for key, value in values.items()
        if not OmegaConf.is_dict(value)
    }


@cache
def every_key() -> set[str]:
    """Returns the keys of all commands, including those of all choices."""
    with hydra_state():
        configs = [composed(name, []) for name in SCHEMAS] + [composed("train", ["encoder=pretrained"])]
    keys = {key for config in configs for key in known_keys(config) if not key.startswith("hydra")}
    files = [path for folder in LEAVES for path in (CONF / folder).glob("*.yaml")]
    return keys | {f"{path.parent.name}.{key}" for path in files for key in OmegaConf.load(path)}


@pytest.mark.parametrize("page", TEXTS)
def test_a_key_in_the_text_exists(page):
    groups = {key.partition(".")[0] for key in every_key() if "." in key}
    spans = re.findall(r"`([a-z_]+)((?:\.[a-z_0-9]+)+)(?:=[^`]*)?`", TEXTS[page])
    files = (".html", ".json")
    assert {group + rest for group, rest in spans if group in groups and not rest.endswith(files)} <= every_key()


@pytest.mark.parametrize("page", TEXTS)
def test_no_page_uses_an_old_name(page):
    text = re.sub(r"`[^`]* is now [^`]*`", "", TEXTS[page])  # a message about the new name
    assert [name for name in OLD if re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", text)] == []


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_a_link_leads_somewhere(page, link):
    name, _, anchor = link.partition("#")
    path = (ROOT / page).parent / name if name else ROOT / page
    assert path.exists()
    if anchor:
        titles = re.findall(r"^#+ (.*)", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert anchor in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_readme_can_be_finished():
    assert len(TEXTS["README.md"].splitlines()) <= 180
