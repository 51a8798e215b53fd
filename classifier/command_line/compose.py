"""Composes and checks the settings of a training in Python, in the same way as the command line."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import open_dict

from classifier.command_line.arguments import with_quoted_marks
from classifier.command_line.choices import CONF, store_schema
from classifier.command_line.groups import check_choices
from classifier.command_line.hydra_checks import check_when_composed
from classifier.command_line.messages import sentence
from classifier.command_line.run import MISTAKES, checked
from classifier.command_line.run_name import name_run
from classifier.errors import UserError
from classifier.settings import TrainSettings, as_overrides


class Composed(NamedTuple):
    """The settings of a training, the same settings as typed on the command line, and the output folder."""

    settings: TrainSettings
    typed: dict[str, str]
    folder: str


def compose_training(overrides: Sequence[str]) -> Composed:
    """Composes conf/train.yaml with the overrides, and restores Hydra's global state.

    Raises:
        UserError: for a mistake in the overrides, with the message that the command prints.
    """
    check_choices(overrides)
    store_schema("train", TrainSettings)
    check_when_composed()
    with hydra_state():
        try:
            with initialize_config_dir(str(CONF), version_base="1.3"):
                config: Any = compose("train", with_quoted_marks(overrides), return_hydra_config=True)
                HydraConfig.instance().set_config(config)
                folder = str(config.hydra.run.dir)
                with open_dict(config):
                    del config["hydra"]
                settings = checked(config, "train")
                name_run(settings)
                return Composed(settings, as_overrides(settings, HydraConfig.get().runtime.choices), folder)
        except MISTAKES as error:
            raise UserError(sentence(error, "train", Path())) from None


@contextlib.contextmanager
def hydra_state() -> Iterator[None]:
    """Restores Hydra's global state, because the caller may be a Hydra application."""
    instance, config = GlobalHydra.instance(), HydraConfig.instance()
    before, cfg = instance.hydra, config.cfg
    instance.clear()
    try:
        yield
    finally:
        instance.clear()
        instance.hydra, config.cfg = before, cfg
