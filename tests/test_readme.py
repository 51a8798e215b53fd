"""The commands of the README and of docs/ are real: each composes, and each file that they point at exists."""

import re
import shlex
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf, open_dict

from classifier.command_line.arguments import with_files, with_quotes
from classifier.command_line.choices import CONF
from classifier.command_line.compose import hydra_state
from classifier.command_line.run import checked
from classifier.settings import (
    CompareSettings,
    EvaluateSettings,
    ExplainSettings,
    PromoteSettings,
    PublishSettings,
    ScoreSettings,
    TrainSettings,
    as_typed,
)

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in PAGES}
SCHEMAS = {
    "train": TrainSettings,
    "evaluate": EvaluateSettings,
    "score": ScoreSettings,
    "explain": ExplainSettings,
    "compare": CompareSettings,
    "promote": PromoteSettings,
    "publish": PublishSettings,
}
CALL = re.compile(rf"(?:python -m classifier\.|(?<![\w./-])classifier )(({'|'.join(SCHEMAS)})\b[^&|#\n]*)")
LINKS = [
    (name, link)
    for name, text in TEXTS.items()
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text)
    if "://" not in link
]


def commands() -> list[str]:
    """Every command of a block of shell lines, or of a line that is indented as code."""
    found = set()
    for text in TEXTS.values():
        blocks = [*re.findall(r"```bash\n(.*?)```", text, re.DOTALL), *re.findall(r"^    .*", text, re.MULTILINE)]
        for line in "\n".join(blocks).replace("\\\n", " ").splitlines():
            found |= {match[1].strip() for match in CALL.finditer(line) if "[key=value" not in line}
    return sorted(found)


@pytest.mark.parametrize("command", commands())
def test_a_command_composes(command, tmp_path, monkeypatch):
    name, *overrides = shlex.split(re.sub(r"<[^>]*>", "x", command).split(" > ")[0])
    if overrides and overrides[0].startswith("--"):
        return  # --help, --cfg: of Hydra itself
    if "-m" in overrides:
        overrides = [first_choice(override) for override in overrides if override != "-m"]
    if name == "train":
        overrides = with_files(overrides)
    if name == "explain":
        overrides = with_quotes(overrides, "text")
    monkeypatch.chdir(tmp_path)
    ConfigStore.instance().store(name=f"{name}_settings", node=SCHEMAS[name])
    with hydra_state(), initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose(name, overrides, return_hydra_config=True)
        HydraConfig.instance().set_config(config)
        with open_dict(config):
            del config["hydra"]
        assert isinstance(checked(config, name), SCHEMAS[name])


def first_choice(override: str) -> str:
    """Of what may vary, the first value."""
    (parsed,) = OverridesParser.create().parse_overrides([override])
    if not parsed.is_sweep_override():
        return override
    value = next(parsed.sweep_string_iterator()) if parsed.is_discrete_sweep() else parsed.value().start
    return f"{parsed.get_key_element()}={value}"


def test_there_are_commands_of_every_kind():
    assert {command.split()[0] for command in commands()} == set(SCHEMAS)


def test_the_tables_of_settings_have_the_defaults():
    ConfigStore.instance().store(name="train_settings", node=TrainSettings)
    with hydra_state(), initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train")
    text = TEXTS["docs/settings.md"] + TEXTS["docs/sweeps.md"]
    table = "\n".join(part.partition("\n\n")[0] for part in text.split("| key | default |")[1:])
    rows = re.findall(r"^\| (`[a-z_.]+`(?:, `[a-z_.]+`)*) \| ([^|]+) \|", table, re.MULTILINE)
    told = [
        (key, default)
        for keys, defaults in rows
        for key, default in zip(re.findall(r"`([^`]+)`", keys), defaults.strip().split(", "), strict=True)
    ]
    assert len(told) > 15
    for key, default in told:
        value = OmegaConf.select(config, key, throw_on_missing=True)
        assert as_typed(value).strip("'") == default, key


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_a_link_leads_somewhere(page, link):
    assert ((ROOT / page).parent / link).exists()


def test_the_readme_can_be_finished():
    assert len(TEXTS["README.md"].splitlines()) <= 180
