"""Trains a classifier on labelled texts, measures it, exports it and keeps the run in MLflow.

python -m classifier.train
python -m classifier.train data=files data.train=messages.csv data.text=message data.label=topic
"""

import json
import shlex
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from omegaconf import OmegaConf

from classifier.arguments import with_files
from classifier.command_line import run_command
from classifier.errors import UserError
from classifier.outcome import conclude, conclude_pruned, conclude_trial, finished_already, keep_best
from classifier.preparation import Job, prepare
from classifier.settings import TrainSettings, as_overrides, chosen_exports
from classifier.settings.passwords import without_passwords
from classifier.sweeps.connection import Pruned, sweep_connection
from classifier.terminal import say

if TYPE_CHECKING:
    from classifier.data import Splits
    from classifier.tracking.run import Run


def train(settings: TrainSettings, output: Path) -> dict[str, Any]:
    """The whole way from files to an exported model; returns what goes into summary.json.

    Args:
        settings: checked already.
        output: folder of this run.

    Raises:
        UserError: for input that cannot serve, or a tracking server that does not answer.
    """
    from classifier.artifact.formats.packages import check_packages
    from classifier.artifact.publish import check_serving_dir
    from classifier.start import start_tensorflow
    from classifier.tracking.abandoned import end_abandoned_runs
    from classifier.tracking.run import checkpoint_in, find_run, identity_of, start_run
    from classifier.tracking.server import check_reachable
    from classifier.tracking.tensorboard import check_installed

    sweep_connection()  # from here on a trial ends with its sweep
    check_reachable(settings.tracking)
    if settings.tracking.tensorboard:
        check_installed()
    check_packages(chosen_exports(settings.export))
    if settings.export.serving_dir is not None:
        check_serving_dir(settings.export.serving_dir)
    splits = load_data(settings, output)
    start_tensorflow(settings.trainer.deterministic)
    check_names(settings)

    from classifier.files import locked

    end_abandoned_runs(settings.tracking)
    identity = identity_of(typed(settings), [file.sha256 for file in splits.files])
    earlier = find_run(settings.tracking, identity) if settings.trainer.resume else None
    checkpoint = earlier.checkpoint if earlier else checkpoint_in(output)
    with locked(checkpoint.parent, doing="training"):
        if earlier:  # once more: another process may have finished it before the lock was ours
            earlier = find_run(settings.tracking, identity)
        if earlier and earlier.finished:
            return finished_already(earlier)
        if not earlier:
            checkpoint.unlink(missing_ok=True)  # of another run that used this folder
        with start_run(settings.tracking, output, identity, earlier) as run:
            summary = train_tracked(settings, splits, run, checkpoint, output)
        if run.status == "FINISHED" and not run.waiting:
            checkpoint.unlink(missing_ok=True)  # everything it was for is done
    return failed_if_refused(summary, run)


def failed_if_refused(summary: dict[str, Any], run: "Run") -> dict[str, Any]:
    """The summary of a training, with what MLflow refused; it has failed if its run has, though its model is there."""
    if not run.refused:
        return summary
    failed = summary.get("status") == "FINISHED" and run.status == "FAILED"
    return {**summary, "status": "FAILED" if failed else summary.get("status"), "not_sent": run.refused}


def check_names(settings: TrainSettings) -> None:
    """Refuses names that only Keras and the poolings know, before a run is started.

    Raises:
        UserError: naming the key.
    """
    import keras

    try:
        keras.activations.get(settings.encoder.activation)
    except ValueError:
        raise UserError(f"encoder.activation={settings.encoder.activation} is no activation of Keras.") from None
    instantiate(settings.pooling)
    try:
        instantiate(settings.optimizer)
    except Exception as error:
        name, reason = settings.optimizer["_target_"], str(error.__cause__ or error).splitlines()[0]
        raise UserError(f"optimizer._target_={name} cannot be made with these keys: {reason}") from error


def load_data(settings: TrainSettings, output: Path) -> "Splits":
    """The splits; notices are printed, rows to look at are written to rejects.csv and contradictions.csv."""
    from classifier.data import TooManyBadRows, load_splits, write_contradictions, write_rejects

    rejects = output / "report" / "rejects.csv"
    rejects.parent.mkdir(parents=True, exist_ok=True)
    try:
        splits = load_splits(settings.data, settings.seed)
    except TooManyBadRows as error:
        if not error.rejects:
            raise
        write_rejects(rejects, error.rejects)
        raise TooManyBadRows(f"{error}\nAll of them stand in {rejects}.", error.rejects) from None
    for notice in splits.notices:
        say(notice)
    if splits.rejects:
        write_rejects(rejects, splits.rejects)
        say(f"{len(splits.rejects)} rows could not be used; reasons in {rejects}")
    if splits.contradictions:
        write_contradictions(rejects.with_name("contradictions.csv"), splits.contradictions)
    parts = {"train": splits.train, "valid": splits.valid, "test": splits.test}
    sizes = ", ".join(f"{len(part):,} {name}" for name, part in parts.items())
    say(f"{settings.data.name}: {sizes} examples, {len(splits.train.label_names)} classes")
    return splits


def train_tracked(
    settings: TrainSettings, splits: "Splits", run: "Run", checkpoint: Path, output: Path
) -> dict[str, Any]:
    """Everything that happens inside the MLflow run; returns the summary."""
    from classifier.model.hybrid import fit_ngrams

    stop = Event()
    with ThreadPoolExecutor(1) as beside:
        try:
            log_start(settings, splits, run, output)
            fit_beside = partial(beside.submit, fit_ngrams, stop)
            job = prepare(settings, splits, run, checkpoint, output, fit_beside)
            try:
                fit(job)
                return conclude_trial(job) if settings.trainer.validation_only else conclude(job)
            except Pruned as pruned:
                return conclude_pruned(job, str(pruned))
            except KeyboardInterrupt:
                if not job.training.state.history:
                    raise
                return keep_best(job)
        finally:
            stop.set()  # whatever ended the training, nobody needs what could still be fitted


def log_start(settings: TrainSettings, splits: "Splits", run: "Run", output: Path) -> None:
    """Keeps what the run starts from."""
    from classifier.evaluation.predictions import content_hash
    from classifier.tracking.versions import package_versions

    report = output / "report"
    (report / "config.yaml").write_text(without_passwords(OmegaConf.to_yaml(OmegaConf.structured(settings))))
    (report / "packages.json").write_text(json.dumps(package_versions(), indent=2) + "\n")
    (report / "notices.txt").write_text("".join(f"{notice}\n" for notice in splits.notices))
    run.log_params(typed(settings))
    run.log_datasets(splits.files)
    measured = {"valid": splits.valid, "test": splits.test}
    run.set_tags({f"{split}.content": content_hash(one.texts, one.named_labels()) for split, one in measured.items()})
    run.log_folder(report)
    run.log_metrics({"data.rejected_rows": len(splits.rejects)}, step=0)


def fit(job: Job) -> None:
    """Trains to the end, showing and logging each epoch; one that an earlier process logged is not logged again.

    Raises:
        Pruned: where this is a trial and its sweep has seen enough.
    """
    from classifier.tracking.tensorboard import TensorBoard
    from classifier.training.progress import TrainingDisplay

    settings, training, run = job.settings, job.training, job.run
    board = TensorBoard(job.output / "tensorboard") if settings.tracking.tensorboard else None
    logged, connection = run.logged_epochs(), sweep_connection()

    def log_epochs() -> None:
        nonlocal logged
        for entry in training.state.history[logged:]:
            series = {f"epoch/{name}": value for name, value in entry.items() if name != "epoch"}
            run.log_metrics(series, step=int(entry["epoch"]))
        logged = len(training.state.history)
        if board:
            board.log_epochs(training.state.history)

    def report_epochs(since: int) -> None:
        if connection and not training.finished:  # after the last epoch there is nothing left to stop
            for entry in training.state.history[since:]:
                connection.report(entry)

    log_epochs()
    report_epochs(since=0)
    run.start_monitor()
    with TrainingDisplay(training.epochs, settings.trainer.monitor.name) as display:

        def on_epoch(state) -> None:
            display.on_epoch(state)
            log_epochs()
            report_epochs(since=-1)

        training.run(display.on_step, on_epoch)
    if board:
        board.log_graph(training.predict.graph)
        board.log_embeddings(job.tokenizer.vocabulary, training.model.get_layer("embedding").token_embeddings)
        say(f"Look at  {shlex.join(['tensorboard', '--logdir', str(board.folder)])}")


def typed(settings: TrainSettings) -> dict[str, str]:
    """The settings of this job as they would be typed."""
    return as_overrides(settings, HydraConfig.get().runtime.choices)


def main() -> None:
    run_command("train", TrainSettings, train, with_files)


if __name__ == "__main__":
    main()
