"""The settings of a trial, composed in the sweep's process before any of its trials is started."""

import copy
from collections.abc import Sequence
from functools import cache
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, open_dict, read_write

from classifier.command_line import checked
from classifier.data import file_sha256, find_files
from classifier.errors import UserError
from classifier.settings import DataSettings, TrainSettings, as_overrides
from classifier.sweeps.trial import Trial
from classifier.tracking.run import identity_of

SPLIT_SEED = "data.split_seed"
OWN = ("hydra.mode", "hydra.run.", "hydra.sweep", "hydra/sweeper", "hydra.launcher", "hydra/launcher")


class Composer:
    """Composes trials as `python -m classifier.train` would.

    Args:
        config: of the sweep.
        loader: of the Hydra that runs it.
    """

    def __init__(self, config: DictConfig, loader: ConfigLoader) -> None:
        self.config, self.loader = config, loader

    @property
    def hydra_overrides(self) -> list[str]:
        """What the sweep's command says of Hydra that concerns its trials too."""
        return [one for one in self.config.hydra.overrides.hydra if not one.lstrip("+~").startswith(OWN)]

    def compose(self, overrides: Sequence[str]) -> DictConfig:
        """The whole config, with Hydra's own, which is the current one from now on."""
        config = self.loader.load_sweep_config(self.config, list(overrides))
        with read_write(config), open_dict(config):
            config.hydra.job.id = config.hydra.job.num = 0
        HydraConfig.instance().set_config(config)
        return config

    def settings(self, overrides: Sequence[str]) -> tuple[TrainSettings, dict[str, str]]:
        """The settings, and all that decide the result as they would be typed.

        Raises:
            UserError: for settings that do not go together.
        """
        config = copy.deepcopy(self.compose(overrides))
        with read_write(config), open_dict(config):
            del config["hydra"]
        settings = checked(config, "train")
        return settings, as_overrides(settings, HydraConfig.get().runtime.choices)

    def with_split(self, overrides: Sequence[str], seed: int | None) -> list[str]:
        """The overrides and, where they leave it to `seed` how the data are split, this seed of the split.

        Args:
            overrides: of a trial.
            seed: of the split; None: whatever the overrides say.

        Raises:
            UserError: for settings that do not go together.
        """
        if seed is None:
            return list(overrides)
        data = self.settings(overrides)[0].data
        is_open = data.split_seed is None and (data.valid is None or data.test is None)
        return [*overrides, f"{SPLIT_SEED}={seed}"] if is_open else list(overrides)

    def trial(
        self, number: int, name: str, overrides: Sequence[str], split_seed: int | None = None, **more: Any
    ) -> Trial:
        """A trial with its identity; one that is refused carries the reason.

        Args:
            number: in the sweep.
            name: shown.
            overrides: of the trial.
            split_seed: by which the data are split where the overrides leave that to `seed`; see `with_split`.
            more: further fields of `Trial`.
        """
        try:
            overrides = self.with_split(overrides, split_seed)
            settings, typed = self.settings(overrides)
            contents = data_hashes(settings.data)
        except UserError as error:
            identity = identity_of({"refused": " ".join(sorted(overrides))}, [])
            return Trial(number, name, tuple(overrides), identity, problem=str(error), **more)
        return Trial(number, name, tuple(overrides), identity_of(typed, contents), settings, **more)


def data_hashes(data: DataSettings) -> list[str]:
    """The content hash of each file, in the order in which training reads them.

    Raises:
        UserError: where a file is missing.
    """
    patterns = [pattern for pattern in (data.train, data.valid, data.test) if pattern is not None]
    return [hash_once(str(path)) for pattern in patterns for path in find_files(pattern)]


hash_once = cache(file_sha256)  # the trials of a sweep share their files
