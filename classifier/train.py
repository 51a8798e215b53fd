"""Trains a classifier on labelled texts, measures it, exports it and keeps the run in MLflow.

python -m classifier.train
python -m classifier.train data=files data.train=messages.csv data.text=message data.label=topic
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from omegaconf import OmegaConf

from classifier.command_line import run_command
from classifier.errors import UserError
from classifier.settings import TrainSettings, as_overrides

if TYPE_CHECKING:
    import keras
    import numpy as np

    from classifier.data import Examples, Splits
    from classifier.evaluation.metrics import Evaluation
    from classifier.tokenizers import Tokenizer
    from classifier.tracking.run import EarlierRun, Run
    from classifier.training.fit import Training


def train(settings: TrainSettings, output: Path) -> dict[str, Any]:
    """The whole way from files to an exported model; returns what goes into summary.json.

    Args:
        settings: checked already.
        output: folder of this run.

    Raises:
        UserError: for input that cannot serve, or a tracking server that does not answer.
    """
    from classifier.start import start_tensorflow
    from classifier.tracking.run import checkpoint_in, find_run, identity_of, start_run
    from classifier.tracking.server import check_reachable

    check_reachable(settings.tracking)
    splits = load_data(settings, output)
    start_tensorflow(settings.trainer.deterministic)
    check_names(settings)

    from classifier.training.checkpoint import locked

    identity = identity_of(typed(settings), [file.sha256 for file in splits.files])
    earlier = find_run(settings.tracking, identity) if settings.trainer.resume else None
    checkpoint = earlier.checkpoint if earlier else checkpoint_in(output)
    with locked(checkpoint.parent):
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
    return summary


def check_names(settings: TrainSettings) -> None:
    """Refuses names that only Keras and the poolings know, before a run is started.

    Raises:
        UserError: naming the key.
    """
    import keras

    try:
        keras.activations.get(settings.model.activation)
    except ValueError:
        raise UserError(f"model.activation={settings.model.activation} is no activation of Keras.") from None
    instantiate(settings.pooling)


def load_data(settings: TrainSettings, output: Path) -> "Splits":
    """The splits; notices are printed, and rows that could not be used are written to rejects.csv."""
    from classifier.data import TooManyBadRows, load_splits, write_rejects

    rejects = output / "report" / "rejects.csv"
    rejects.parent.mkdir(parents=True, exist_ok=True)
    try:
        splits = load_splits(settings.data, settings.seed)
    except TooManyBadRows as error:
        write_rejects(rejects, error.rejects)
        raise TooManyBadRows(f"{error}\nAll of them stand in {rejects}.", error.rejects) from None
    for notice in splits.notices:
        say(notice)
    if splits.rejects:
        write_rejects(rejects, splits.rejects)
        say(f"{len(splits.rejects)} rows could not be used; reasons in {rejects}")
    sizes = ", ".join(f"{len(part):,} {name}" for name, part in parts(splits).items())
    say(f"{settings.data.name}: {sizes} examples, {len(splits.train.label_names)} classes")
    return splits


def train_tracked(
    settings: TrainSettings, splits: "Splits", run: "Run", checkpoint: Path, output: Path
) -> dict[str, Any]:
    """Everything that happens inside the MLflow run; returns the summary."""
    tokenizer, training = prepare(settings, splits, run, checkpoint, output)
    try:
        fit(settings, training, run)
    except KeyboardInterrupt:
        if not training.state.history:
            raise
        return keep_best(settings, training, tokenizer, splits, run, output)

    from concurrent.futures import ThreadPoolExecutor

    from classifier.evaluation.report import summarized
    from classifier.training.fit import Predictor

    classifier = complete(settings, training, splits, run)
    predict = Predictor(classifier)
    with ThreadPoolExecutor(1) as beside:  # the export waits for a process of its own, which the other core can run
        exported = beside.submit(export, classifier, tokenizer, splits, output)
        encoded = {"valid": training.valid_texts, "test": encode_split(tokenizer, splits.test)}
        evaluations = {
            name: measure_split(output / "report" / name, parts(splits)[name], softmax(predict(texts)))
            for name, texts in encoded.items()
        }
        model = exported.result()
    conclude(settings, training, run, splits, evaluations, model, output)
    return {
        "run_id": run.run_id,
        "status": run.status,
        "model": str(model),
        "metrics": summarized(evaluations),
        "best_epoch": training.state.best_epoch,
        "training_seconds": round(training.state.seconds, 2),
    }


def keep_best(
    settings: TrainSettings,
    training: "Training",
    tokenizer: "Tokenizer",
    splits: "Splits",
    run: "Run",
    output: Path,
) -> dict[str, Any]:
    """After Ctrl-C: exports and logs the best model so far; returns the summary of a run that is KILLED."""
    from classifier.training.fit import set_weights

    state = training.state
    run.status = "KILLED"
    say(f"Interrupted; the best model so far, of epoch {state.best_epoch}, is kept. Once more Ctrl-C to drop it.")
    set_weights(training.model, training.best)
    model = export(complete(settings, training, splits, run), tokenizer, splits, output)
    run.log_model(model, splits.valid.texts[0], splits.train.label_names, state.epoch)
    say(f"Model    {model}")
    say(f"Continue with the same command and trainer.resume=true; run {run.run_id}")
    best = {name.removeprefix("valid."): value for name, value in state.history[state.best_epoch - 1].items()}
    return {"run_id": run.run_id, "status": run.status, "model": str(model), "metrics": {"encoder_valid": best}}


def complete(settings: TrainSettings, training: "Training", splits: "Splits", run: "Run") -> "keras.Model":
    """The encoder at its best epoch, with the linear part beside it where the settings ask for one."""
    from classifier.settings import Linear

    if settings.model.linear is Linear.none:
        return training.model
    from classifier.training.linear import fit_linear, join

    labels, classes = splits.train.labels, len(splits.train.label_names)
    weights = training.class_weights.numpy()[labels]
    vocabulary_size = training.model.get_layer("embedding").vocabulary_size
    linear = fit_linear(training.texts, labels, vocabulary_size, classes, weights)
    joined = join(training.model, linear, training.valid_texts, splits.valid.labels)
    mixture = joined.get_layer("mixture")
    shares = {"encoder": float(mixture.encoder_weight.numpy()), "linear": float(mixture.linear_weight.numpy())}
    run.log_metrics({f"mixture.{name}": share for name, share in shares.items()}, step=training.state.epoch)
    say(f"Weights fitted on validation: encoder {shares['encoder']:.2f}, n-grams {shares['linear']:.2f}")
    return joined


def prepare(settings: TrainSettings, splits: "Splits", run: "Run", checkpoint: Path, output: Path):
    """Logs what the run starts from; learns the vocabulary, encodes the texts, builds the model.

    Returns:
        The tokenizer and the training, which continues its checkpoint if there is one.
    """
    import keras

    from classifier.evaluation.metrics import headline
    from classifier.model import build_classifier
    from classifier.tracking.versions import package_versions
    from classifier.training.batches import encode
    from classifier.training.fit import Training
    from classifier.training.optimization import WarmupDecay, class_weights, spare_from_decay

    report = output / "report"
    (report / "config.yaml").write_text(OmegaConf.to_yaml(OmegaConf.structured(settings)))
    (report / "packages.json").write_text(json.dumps(package_versions(), indent=2) + "\n")
    (report / "notices.txt").write_text("".join(f"{notice}\n" for notice in splits.notices))
    run.log_params(typed(settings))
    run.log_datasets(splits.files)
    run.log_folder(report)

    tokenizer = instantiate(settings.tokenizer)
    tokenizer.learn(splits.train.texts)
    texts, cut = encode(tokenizer, splits.train.texts)
    rejected = {"data.rejected_rows": len(splits.rejects), "data.cut_texts": cut}
    run.log_metrics({**rejected, "data.vocabulary": len(tokenizer.vocabulary)}, step=0)
    say(
        f"{len(tokenizer.vocabulary):,} tokens in the vocabulary; "
        f"{cut:.1%} of the texts are cut to {tokenizer.max_tokens}"
    )

    keras.utils.set_random_seed(settings.seed)  # just here: tracking draws from the same generators before
    model = build_classifier(
        settings.model,
        attention=lambda: instantiate(settings.attention),
        pooling=instantiate(settings.pooling, name="pooling"),
        vocabulary_size=len(tokenizer.vocabulary),
        max_tokens=tokenizer.max_tokens,
        classes=len(splits.train.label_names),
    )
    steps = settings.trainer.epochs * -(-len(texts) // settings.trainer.batch_size)
    warmup_steps = int(settings.trainer.warmup_share * steps)
    rate = WarmupDecay(settings.optimizer["learning_rate"], steps, warmup_steps, settings.trainer.schedule.name)
    training = Training(
        model,
        spare_from_decay(instantiate(settings.optimizer, learning_rate=rate)),
        settings.trainer,
        texts,
        splits.train.labels,
        class_weights(settings.trainer.class_weights, splits.train.labels, splits.train.label_names),
        encode_split(tokenizer, splits.valid),
        lambda logits: headline(splits.valid.labels, softmax(logits)),
        settings.seed,
        checkpoint,
    )
    if training.restore():
        say(f"Continuing run {run.run_id} after {training.state.epoch} epochs and {training.state.step} steps")
    return tokenizer, training


def fit(settings: TrainSettings, training: "Training", run: "Run") -> None:
    """Trains to the end, showing and logging each epoch; one that an earlier process logged is not logged again."""
    from rich.console import Console

    from classifier.training.progress import TrainingDisplay

    logged = run.logged_epochs()

    def log_epochs() -> None:
        nonlocal logged
        for entry in training.state.history[logged:]:
            run.log_metrics({f"epoch/{name}": value for name, value in entry.items()}, step=int(entry["epoch"]))
        logged = len(training.state.history)

    log_epochs()
    run.start_monitor()
    with TrainingDisplay(Console(), settings.trainer.epochs, settings.trainer.monitor.name) as display:

        def on_epoch(state) -> None:
            display.on_epoch(state)
            log_epochs()

        training.run(display.on_step, on_epoch)


def measure_split(folder: Path, examples: "Examples", probabilities: "np.ndarray") -> "Evaluation":
    """Evaluates one split and writes its report into the folder."""
    from classifier.evaluation.report import measure

    return measure(folder, examples.texts, examples.labels, probabilities, examples.label_names, examples.origins)


def export(classifier: "keras.Model", tokenizer: "Tokenizer", splits: "Splits", output: Path) -> Path:
    """The SavedModel, checked in a clean process."""
    from classifier.serving.export import export_model

    label_names = splits.train.label_names
    return export_model(classifier, tokenizer, label_names, splits.valid.texts, output.absolute() / "model")


def conclude(
    settings: TrainSettings,
    training: "Training",
    run: "Run",
    splits: "Splits",
    evaluations: dict[str, "Evaluation"],
    model: Path,
    output: Path,
) -> None:
    """Logs metrics, pictures and the model, and prints what came out and where it lies."""
    from rich.console import Console

    from classifier.evaluation.plots import learning_curves
    from classifier.evaluation.report import flat, results_table

    state = training.state
    learning_curves(state.history, best_epoch=state.best_epoch).savefig(output / "report" / "learning_curves.png")
    metrics = {f"{split}.{name}": value for split, one in evaluations.items() for name, value in flat(one).items()}
    run.log_metrics({**metrics, "best_epoch": state.best_epoch, "training_seconds": state.seconds}, step=state.epoch)
    run.log_folder(output / "report")
    run.log_model(model, splits.valid.texts[0], splits.train.label_names, state.epoch)
    run.register_model(metrics, f"valid.{settings.trainer.monitor.name}")
    console = Console()
    console.print(results_table(evaluations))
    console.print(f"Best epoch {state.best_epoch} of {state.epoch}, chosen on valid.{settings.trainer.monitor.name}")
    console.print(f"Model    {model}", highlight=False, soft_wrap=True)
    console.print(f"Run      {run.run_id}", highlight=False, soft_wrap=True)
    console.print(f"Look at  {run.interface()}", highlight=False, soft_wrap=True)


def finished_already(earlier: "EarlierRun") -> dict[str, Any]:
    """The summary of the run of this command that is finished."""
    say(f"Nothing to resume: the last run of this command, {earlier.run_id}, is finished.")
    summary = earlier.output / "summary.json"
    return json.loads(summary.read_text()) if summary.exists() else {"run_id": earlier.run_id, "status": "FINISHED"}


def typed(settings: TrainSettings) -> dict[str, str]:
    """The settings of this job as they would be typed."""
    return as_overrides(settings, HydraConfig.get().runtime.choices)


def parts(splits: "Splits") -> dict[str, "Examples"]:
    """The splits by name."""
    return {"train": splits.train, "valid": splits.valid, "test": splits.test}


def encode_split(tokenizer: "Tokenizer", examples: "Examples"):
    """Token ids of a split."""
    from classifier.training.batches import encode

    return encode(tokenizer, examples.texts)[0]


def softmax(logits: "np.ndarray") -> "np.ndarray":
    """Logits (examples, classes) to probabilities."""
    from scipy.special import softmax

    return softmax(logits, axis=1)


def say(line: str) -> None:
    """A line for the person at the screen."""
    print(line, file=sys.stdout, flush=True)


if __name__ == "__main__":
    run_command("train", TrainSettings, train)
