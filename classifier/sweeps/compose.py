"""Composes the settings of the trials in the process of the sweep, before any trial is started."""

import copy
import os
from collections.abc import Sequence
from functools import cache
from pathlib import PurePath

from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, open_dict, read_write

from classifier.command_line.run import checked
from classifier.data import content_sha256, find_labelled
from classifier.errors import UserError
from classifier.settings import DataSettings, TrainSettings, as_overrides
from classifier.sweeps.trial import Trial
from classifier.tracking.run import identity_of

SPLIT_SEED = "data.split_seed"
RESERVED = ("report", "sweep")  # folders of the sweep itself, like refit-0, refit-1, ...
LONGEST_NAME = 255  # bytes, on the usual file systems
SWEEP_ONLY = ("hydra.mode", "hydra.run.", "hydra.sweep", "hydra/sweeper", "hydra.launcher", "hydra/launcher")


class Composer:
    """Composes trials in the same way as `python -m classifier.train`.

    Args:
        config: config of the sweep.
        loader: config loader of Hydra.
    """

    def __init__(self, config: DictConfig, loader: ConfigLoader) -> None:
        self.config, self.loader = config, loader

    @property
    def hydra_overrides(self) -> list[str]:
        """The overrides of Hydra's settings that also apply to the trials."""
        given = self.config.hydra.overrides.hydra
        unresolved = [str(given._get_node(place)) for place in range(len(given))]  # the trials resolve ${...}
        return [override for override in unresolved if not override.lstrip("+~").startswith(SWEEP_ONLY)]

    def compose(self, overrides: Sequence[str], number: int = 0) -> DictConfig:
        """Composes the complete config of a trial, including Hydra's settings, and makes it Hydra's current config."""
        config = self.loader.load_sweep_config(self.config, list(overrides))
        with read_write(config), open_dict(config):
            config.hydra.job.id = config.hydra.job.num = number
        HydraConfig.instance().set_config(config)
        return config

    def settings(self, overrides: Sequence[str], number: int = 0) -> tuple[TrainSettings, dict[str, str]]:
        """Returns the settings, and the settings that affect the result as typed on the command line.

        Raises:
            UserError: for incompatible settings.
        """
        config = copy.deepcopy(self.compose(overrides, number))
        with read_write(config), open_dict(config):
            del config["hydra"]
        settings = checked(config, "train")
        return settings, as_overrides(settings, HydraConfig.get().runtime.choices)

    def with_split(
        self, overrides: Sequence[str], seed: int | None, number: int = 0
    ) -> tuple[list[str], TrainSettings, dict[str, str]]:
        """Adds the seed of the split to the overrides, unless they already determine the split.

        Args:
            overrides: overrides of a trial.
            seed: seed of the split; None leaves the overrides unchanged.
            number: number of the trial.

        Returns:
            The overrides, and what `settings` returns for them.

        Raises:
            UserError: for incompatible settings.
        """
        settings, typed = self.settings(overrides, number)
        data = settings.data
        if seed is None or data.split_seed is not None or not (data.valid is None or data.test is None):
            return list(overrides), settings, typed
        overrides = [*overrides, f"{SPLIT_SEED}={seed}"]
        return overrides, *self.settings(overrides, number)

    def trial(self, number: int, name: str, overrides: Sequence[str], split_seed: int | None = None) -> Trial:
        """Creates a trial; if its settings are invalid, it has the error message as its problem.

        Args:
            number: number in the sweep.
            name: display name.
            overrides: overrides of the trial.
            split_seed: seed of the split if the overrides do not determine the split; see `with_split`.
        """
        try:
            overrides, settings, typed = self.with_split(overrides, split_seed, number)
            folder, contents = trial_folder(), data_hashes(settings.data)
        except UserError as error:
            identity = identity_of({"refused": " ".join(sorted(overrides))}, [])
            return Trial(number, name, tuple(overrides), identity, str(number), problem=str(error))
        return Trial(number, name, tuple(overrides), identity_of(typed, contents), folder, settings)

    def check_folders(self, overrides: Sequence[str]) -> None:
        """Checks that `hydra.sweep.subdir` depends on the number of the trial.

        Raises:
            UserError: if it does not; the message has a hint.
        """
        folders = set()
        for number in (0, 1):
            self.compose(overrides, number)
            folders.add(trial_folder())
        if len(folders) == 1:
            raise UserError(shared_folder_message(folders.pop()))


def trial_folder() -> str:
    """Returns the folder, relative to the sweep's folder, that `hydra.sweep.subdir` gives the last composed trial.

    Raises:
        UserError: if it is not inside the folder of the sweep, is reserved, or its name is too long.
    """
    subdir = HydraConfig.get().sweep.subdir
    path = PurePath(subdir)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise UserError(f"hydra.sweep.subdir={subdir} must be a folder inside hydra.sweep.dir.")
    if path.parts[0] in RESERVED or path.parts[0].startswith("refit-"):
        raise UserError(f"hydra.sweep.subdir={subdir}: the sweep uses folders named {path.parts[0]} itself.")
    if any(len(os.fsencode(part)) > LONGEST_NAME for part in path.parts):
        raise UserError(f"hydra.sweep.subdir={subdir} has more than {LONGEST_NAME} bytes; ${{hydra.job.num}} is short.")
    return str(path)


def shared_folder_message(folder: str) -> str:
    """Returns the error message for trials that would share a folder."""
    return (
        f"hydra.sweep.subdir gives several trials the same folder, {folder}: include ${{hydra.job.num}}, "
        "the number of the trial."
    )


def data_hashes(data: DataSettings) -> list[str]:
    """Returns the content hash of each file, in the order in which training reads the files.

    Raises:
        UserError: if a file is missing.
    """
    patterns = [pattern for pattern in (data.train, data.valid, data.test, data.unlabelled) if pattern is not None]
    return [hash_once(path) for pattern in patterns for path in find_labelled(pattern, data)]


hash_once = cache(content_sha256)  # the trials of a sweep share their files
