"""Checks before any data is read, in addition to the checks of the settings."""

from hydra.utils import instantiate

from classifier.artifact.formats.packages import check_packages
from classifier.artifact.publish import check_serving_dir
from classifier.errors import UserError
from classifier.settings import TrainSettings, chosen_exports
from classifier.settings.targets import KERAS, TARGET
from classifier.start import start_tensorflow
from classifier.tracking.server import check_reachable
from classifier.tracking.tensorboard import check_installed


def check(settings: TrainSettings) -> None:
    """Checks that the tracking server answers, packages are installed, and folders can be written.

    Raises:
        UserError: if a check fails; the message names the key.
    """
    if settings.tracking.enabled:
        check_reachable(settings.tracking)
    if settings.tracking.tensorboard:
        check_installed()
    check_packages(chosen_exports(settings.export))
    if settings.optimizer[TARGET].startswith(KERAS):
        check_optimizer(settings)
    if settings.export.serving_dir is not None:
        check_serving_dir(settings.export.serving_dir)


def check_optimizer(settings: TrainSettings) -> None:
    """Checks the arguments of a Keras optimizer by creating it.

    Raises:
        UserError: if the arguments are invalid; the message names the optimizer.
    """
    start_tensorflow(settings.trainer.deterministic)
    try:
        instantiate(settings.optimizer)
    except Exception as error:
        name, reason = settings.optimizer[TARGET], str(error.__cause__ or error).splitlines()[0]
        raise UserError(f"optimizer.{TARGET}={name} cannot be made with these keys: {reason}") from error
