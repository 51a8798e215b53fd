"""Runs a training from files to an exported model."""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import OmegaConf

from classifier.data import Splits
from classifier.pipeline.check import check
from classifier.pipeline.connection import Pruned, sweep_connection
from classifier.pipeline.load import find_columns, load
from classifier.pipeline.teacher import ask_teacher, find_teacher
from classifier.pretrained import find_checkpoint
from classifier.progress import Stage
from classifier.settings import PretrainedSettings, TrainSettings, used
from classifier.settings.passwords import without_passwords
from classifier.start import start_tensorflow
from classifier.terminal import counted, say
from classifier.tracking.open_run import AnyRun, open_run
from classifier.tracking.run import EarlierRun, identity_of
from classifier.tracking.versions import package_versions

if TYPE_CHECKING:
    from classifier.pipeline.folds import Pooled
    from classifier.pipeline.job import Job


def train(settings: TrainSettings, typed: Mapping[str, str], output: Path) -> dict[str, Any]:
    """Trains, evaluates and exports a classifier; returns the content of summary.json.

    Args:
        settings: checked settings.
        typed: settings as typed on the command line, which become the parameters of the run.
        output: output folder of the run.

    Raises:
        UserError: for input that cannot be used, or a tracking server that does not answer.
    """
    sweep_connection()  # from now on, a trial ends together with its sweep
    check(settings)
    teacher = find_teacher(settings)
    with Stage("Reading the data"):
        settings, typed = find_columns(settings, typed)
        splits = load(settings, output)
    with Stage("Starting TensorFlow"):
        start_tensorflow(settings.trainer.deterministic)
        from classifier.pipeline import prepare  # noqa: F401  # imports all parts of a training
        from classifier.pipeline.finish import failed_if_refused, finished_already

    hashes = [file.sha256 for file in splits.files]
    if isinstance(settings.encoder, PretrainedSettings):
        hashes.append(find_checkpoint(settings.encoder.source).sha256)
    if teacher:
        hashes.append(teacher.sha256)
    identity = identity_of(typed, hashes)
    with open_run(settings.tracking, output, identity, settings.trainer.resume) as run:
        if isinstance(run, EarlierRun):
            return finished_already(run)
        log_start(settings, typed, splits, run)
        if teacher:
            splits.taught = ask_teacher(
                teacher, settings, splits.learned(), run.checkpoint.with_name("teacher.parquet")
            )
        summary = train_tracked(settings, splits, run, measure_folds(settings, splits, run))
    return failed_if_refused(summary, run)


def measure_folds(settings: TrainSettings, splits: Splits, run: AnyRun) -> "Pooled | None":
    """Returns the answers of a cross-validation if the settings ask for one."""
    if not splits.folds:
        return None
    from classifier.pipeline.folds import cross_validate

    try:
        found = cross_validate(settings, splits, run)
    except KeyboardInterrupt:
        if settings.tracking.enabled:
            say(f"Continue with the same command and trainer.resume=true; run {run.run_id}")
        raise
    start_tensorflow(settings.trainer.deterministic)  # clears the model of the last fold
    return found


def train_tracked(
    settings: TrainSettings, splits: Splits, run: AnyRun, pooled: "Pooled | None" = None
) -> dict[str, Any]:
    """Runs the training within a tracked run; returns the summary.

    Args:
        pooled: answers of a cross-validation, by which the model is measured.
    """
    from classifier.pipeline.finish import finish, finish_interrupted, finish_pruned, finish_trial
    from classifier.pipeline.job import started

    with started(settings, splits, run) as job:
        try:
            say_start(job)
            fit(job)
            return finish_trial(job) if settings.trainer.validation_only else finish(job, pooled)
        except Pruned as pruned:
            return finish_pruned(job, str(pruned))
        except KeyboardInterrupt:
            if not job.training.state.history:
                raise
            return finish_interrupted(job)


def say_start(job: "Job") -> None:
    """Prints the size of the vocabulary, and from where an earlier run is continued."""
    facts, tokenizer, state = job.run.facts, job.hybrid.encoder.tokenizer, job.training.state
    say(
        f"{len(tokenizer.vocabulary):,} tokens in the vocabulary; {facts['cut_texts']:.1%} of the texts are cut to "
        f"{tokenizer.max_tokens}"
    )
    if state.epoch or state.step:
        say(f"Continuing run {job.run.run_id} after {counted(state.epoch, 'epoch')} and {counted(state.step, 'step')}")


def log_start(settings: TrainSettings, typed: Mapping[str, str], splits: Splits, run: AnyRun) -> None:
    """Logs the settings, packages, notices and data of the run."""
    from classifier.data.trained_texts import write_trained_texts
    from classifier.evaluation.predictions import content_hash

    report = run.output / "report"
    (report / "config.yaml").write_text(without_passwords(OmegaConf.to_yaml(used(settings))))
    (report / "packages.json").write_text(json.dumps(package_versions(), indent=2) + "\n")
    (report / "notices.txt").write_text("".join(f"{notice}\n" for notice in splits.notices))
    write_trained_texts(report, [*splits.train.texts, *splits.valid.texts])
    run.log_params(typed)
    run.log_datasets(splits.files)
    measured = {name: part for name, part in splits.parts().items() if name != "train"}
    contents = {name: content_hash(one.texts, one.named_labels()) for name, one in measured.items()}
    if splits.folds:
        learned = (splits.train, splits.valid)
        texts, labels = [[*a, *b] for a, b in zip(*((one.texts, one.named_labels()) for one in learned), strict=True)]
        contents["test"] = content_hash(texts, labels)
    run.set_tags({f"{name}.content": content for name, content in contents.items()})
    run.log_folder(report)
    run.facts["rejected_rows"] = len(splits.rejects)


def fit(job: "Job") -> None:
    """Trains to the end; each epoch is shown, logged exactly once even if resumed, and reported to the sweep.

    Raises:
        Pruned: if this is a trial and its sweep stops it.
    """
    from classifier.tracking.tensorboard import TensorBoard
    from classifier.training.progress import print_epoch, show_step

    settings, training, run = job.settings, job.training, job.run
    history = training.state.history
    board = TensorBoard(run.output / "tensorboard") if settings.tracking.tensorboard else None
    sweep = sweep_connection()
    run.log_epochs(history[run.logged_epochs() :])
    if board:
        board.log_epochs(history)
    if sweep and not training.finished:
        for entry in history:
            sweep.report(entry)
    run.start_monitor()
    with Stage("Training", unit="texts") as stage:
        for state in training.epochs(lambda state, steps, examples: show_step(stage, training, examples)):
            print_epoch(state, training.most_epochs, settings.trainer.monitor.name)
            run.log_epochs(state.history[-1:])
            if board:
                board.log_epochs(state.history)
            if sweep and not training.finished:  # after the last epoch there is nothing left to stop
                sweep.report(state.history[-1])
    if board:
        board.log_graph(training.predict.graph)
        board.log_embeddings(job.hybrid.encoder.tokenizer.vocabulary, job.hybrid.encoder.token_embeddings)
        say(f"Look at  {shlex.join(['tensorboard', '--logdir', str(board.folder)])}")
