"""Checks before any data is read, in addition to the checks of the settings."""

from hydra.utils import instantiate

from classifier.artifact.formats.packages import check_packages
from classifier.artifact.publish import check_serving_dir
from classifier.data import check_unlabelled
from classifier.errors import UserError
from classifier.pretrained import BertFiles, find_checkpoint, read_tokenizer
from classifier.settings import PretrainedSettings, TrainSettings, Tune, chosen_exports
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
    if isinstance(settings.encoder, PretrainedSettings):
        check_checkpoint(settings, settings.encoder)
    if settings.optimizer[TARGET].startswith(KERAS):
        check_optimizer(settings)
    if settings.data.unlabelled is not None:
        check_unlabelled(settings.data.unlabelled, settings.data)
    if settings.export.serving_dir is not None:
        check_serving_dir(settings.export.serving_dir)


def check_checkpoint(settings: TrainSettings, encoder: PretrainedSettings) -> None:
    """Checks that a pretrained encoder is complete and supported, and has enough positions and token vectors.

    Raises:
        UserError: if a check fails; the message names the key.
    """
    checkpoint = find_checkpoint(encoder.source)
    checkpoint.check_weights()
    files = read_tokenizer(checkpoint.folder)
    if len(files.vocabulary) > checkpoint.config.vocabulary_size:
        raise UserError(
            f"encoder.source={encoder.source}: the tokenizer has {len(files.vocabulary):,} tokens, but the encoder has "
            f"vectors of only {checkpoint.config.vocabulary_size:,}."
        )
    for kind, _ in chosen_exports(settings.export):
        if kind != "savedmodel" and not isinstance(files, BertFiles):
            raise UserError(
                f"export.formats={kind} supports BERT's tokenizer only, and that of encoder.source={encoder.source} is "
                "another: leave export.formats=savedmodel, which contains the tokenizer."
            )
    most, wanted = checkpoint.config.max_tokens, settings.tokenizer["max_tokens"]
    if wanted < 3:
        raise UserError(
            f"tokenizer.max_tokens={wanted} leaves no room next to {files.begin} and {files.end}: at least 3."
        )
    if wanted > most:
        raise UserError(f"tokenizer.max_tokens={wanted}: this encoder has {most} positions.")
    if checkpoint.config.groups and (encoder.tune is Tune.top or encoder.layer_decay < 1):
        key = "tune=top" if encoder.tune is Tune.top else f"layer_decay={encoder.layer_decay:g}"
        raise UserError(
            f"encoder.{key}: the blocks of encoder.source={encoder.source} share their weights, so that all of them "
            "are trained alike: choose encoder.tune=full, lora or frozen, with encoder.layer_decay=1."
        )
    if encoder.tune is Tune.top and encoder.top_blocks > checkpoint.config.depth:
        raise UserError(f"encoder.top_blocks={encoder.top_blocks}: this encoder has {checkpoint.config.depth} blocks.")


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
