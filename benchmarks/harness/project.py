"""The repository: its folders, its settings and its embedded corpus."""

import argparse
import csv
import os
from functools import cache
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # of this process and of those that it starts: TensorFlow says much

BENCHMARKS = Path(__file__).parents[1]
ROOT = BENCHMARKS.parent
DOCS = ROOT / "docs"


def door(about: str | None, output: str | None = None) -> argparse.ArgumentParser:
    """The command line of a benchmark with its docstring; `output` names the folder of its results, if it keeps any."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    if output:
        parser.add_argument("--output", type=Path, default=ROOT / "outputs" / output, help="folder of the results")
        parser.add_argument("--docs", type=Path, default=DOCS, help="folder of the page and of pictures/")
    return parser


@cache
def train_settings(overrides: tuple[str, ...]) -> Any:
    """The settings as `classifier train` composes them."""
    from hydra import compose, initialize_config_dir
    from hydra.core.config_store import ConfigStore
    from hydra.core.global_hydra import GlobalHydra
    from omegaconf import OmegaConf

    from classifier.settings import TrainSettings

    GlobalHydra.instance().clear()
    ConfigStore.instance().store(name="train_settings", node=TrainSettings)
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        return OmegaConf.to_object(compose("train", list(overrides)))


def embedded_texts() -> list[str]:
    with (ROOT / "classifier/data/embedded/train.csv").open(newline="", encoding="utf-8") as file:
        return [row["text"] for row in csv.DictReader(file)]
