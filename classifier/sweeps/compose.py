"""The settings of a trial, composed in the sweep's process before any of its trials is started."""

import copy
import os
from collections.abc import Sequence
from functools import cache
from pathlib import PurePath

from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, open_dict, read_write

from classifier.command_line.run import checked
from classifier.data import file_sha256, find_files
from classifier.errors import UserError
from classifier.settings import DataSettings, TrainSettings, as_overrides
from classifier.sweeps.trial import Trial
from classifier.tracking.run import identity_of

SPLIT_SEED = "data.split_seed"
TAKEN = ("report", "sweep")  # folders of the sweep itself, as are refit-0, refit-1, ...
LONGEST_NAME = 255  # bytes, on the usual file systems
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
        given = self.config.hydra.overrides.hydra
        unresolved = [str(given._get_node(place)) for place in range(len(given))]  # what ${...} means is the trial's
        return [one for one in unresolved if not one.lstrip("+~").startswith(OWN)]

    def compose(self, overrides: Sequence[str], number: int = 0) -> DictConfig:
        """The whole config of the trial of this number, with Hydra's own, which is the current one from now on."""
        config = self.loader.load_sweep_config(self.config, list(overrides))
        with read_write(config), open_dict(config):
            config.hydra.job.id = config.hydra.job.num = number
        HydraConfig.instance().set_config(config)
        return config

    def settings(self, overrides: Sequence[str], number: int = 0) -> tuple[TrainSettings, dict[str, str]]:
        """The settings, and all that decide the result as they would be typed.

        Raises:
            UserError: for settings that do not go together.
        """
        config = copy.deepcopy(self.compose(overrides, number))
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

    def trial(self, number: int, name: str, overrides: Sequence[str], split_seed: int | None = None) -> Trial:
        """A trial with its identity; one that is refused carries the reason.

        Args:
            number: in the sweep.
            name: shown.
            overrides: of the trial.
            split_seed: by which the data are split where the overrides leave that to `seed`; see `with_split`.
        """
        try:
            overrides = self.with_split(overrides, split_seed)
            settings, typed = self.settings(overrides, number)
            folder, contents = trial_folder(), data_hashes(settings.data)
        except UserError as error:
            identity = identity_of({"refused": " ".join(sorted(overrides))}, [])
            return Trial(number, name, tuple(overrides), identity, str(number), problem=str(error))
        return Trial(number, name, tuple(overrides), identity_of(typed, contents), folder, settings)

    def check_folders(self, overrides: Sequence[str]) -> None:
        """Refuses a `hydra.sweep.subdir` that does not depend on the number of the trial.

        Raises:
            UserError: naming what to write.
        """
        folders = set()
        for number in (0, 1):
            self.compose(overrides, number)
            folders.add(trial_folder())
        if len(folders) == 1:
            raise UserError(one_folder(folders.pop()))


def trial_folder() -> str:
    """The folder that `hydra.sweep.subdir` gives the trial composed last, in that of the sweep.

    Raises:
        UserError: where it is none of its own, or has a name that is too long.
    """
    subdir = HydraConfig.get().sweep.subdir
    path = PurePath(subdir)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise UserError(f"hydra.sweep.subdir={subdir} must be a folder inside hydra.sweep.dir.")
    if path.parts[0] in TAKEN or path.parts[0].startswith("refit-"):
        raise UserError(f"hydra.sweep.subdir={subdir}: the sweep uses folders named {path.parts[0]} itself.")
    if any(len(os.fsencode(part)) > LONGEST_NAME for part in path.parts):
        raise UserError(f"hydra.sweep.subdir={subdir} has more than {LONGEST_NAME} bytes; ${{hydra.job.num}} is short.")
    return str(path)


def one_folder(folder: str) -> str:
    """The sentence about trials that would share a folder."""
    return (
        f"hydra.sweep.subdir gives several trials the same folder, {folder}: let it contain ${{hydra.job.num}}, "
        "the number of the trial."
    )


def data_hashes(data: DataSettings) -> list[str]:
    """The content hash of each file, in the order in which training reads them.

    Raises:
        UserError: where a file is missing.
    """
    patterns = [pattern for pattern in (data.train, data.valid, data.test) if pattern is not None]
    return [hash_once(str(path)) for pattern in patterns for path in find_files(pattern)]


hash_once = cache(file_sha256)  # the trials of a sweep share their files
