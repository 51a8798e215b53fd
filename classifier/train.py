"""Trains a classifier on labelled texts, measures it, exports it and keeps the run in MLflow.

python -m classifier.train
python -m classifier.train data=files data.train=messages.csv data.text=message data.label=topic
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from omegaconf import OmegaConf

from classifier.command_line import run_command
from classifier.settings import TrainSettings

if TYPE_CHECKING:
    import keras
    import numpy as np

    from classifier.data import Examples, Splits
    from classifier.evaluation.metrics import Evaluation
    from classifier.tokenizers import Tokenizer
    from classifier.tracking import Run
    from classifier.training.fit import Training


def train(settings: TrainSettings, output: Path) -> dict[str, Any]:
    """The whole way from files to an exported model; returns what goes into summary.json.

    Args:
        settings: checked already.
        output: folder of this run.

    Raises:
        UserError: for input that cannot serve, or a tracking server that does not answer.
    """
    from classifier import tracking
    from classifier.start import start_tensorflow

    tracking.check_reachable(settings.tracking)
    splits = load_data(settings, output)
    start_tensorflow(settings.seed, settings.trainer.deterministic)
    identity = tracking.identity_of(parameters(settings), [file.sha256 for file in splits.files])
    earlier = tracking.find_run(settings.tracking, identity) if settings.trainer.resume else None
    if earlier and earlier.finished:
        return finished_already(earlier)

    from classifier.training.checkpoint import locked

    checkpoint = (earlier.output if earlier else output) / "checkpoint"
    with locked(checkpoint):
        run = tracking.start_run(settings.tracking, output, identity, earlier.run_id if earlier else None)
        with run:
            return train_tracked(settings, splits, run, checkpoint / "state.npz", output)


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


def train_tracked(settings: TrainSettings, splits: "Splits", run: "Run", checkpoint: Path, output: Path):
    """Everything that happens inside the MLflow run."""
    from concurrent.futures import ThreadPoolExecutor

    from classifier.evaluation.report import summarized
    from classifier.training.fit import Predictor, set_weights

    tokenizer, training = prepare(settings, splits, run, checkpoint, output)
    try:
        fit(settings, training, run)
    except KeyboardInterrupt:
        run.status = "KILLED"
        if not training.state.history:
            raise
        say(f"Interrupted; the best model so far, of epoch {training.state.best_epoch}, is kept.")
        set_weights(training.model, training.best)
        model = export(complete(settings, training, splits, run), tokenizer, splits, output)
        return {"run_id": run.run_id, "status": run.status, "model": str(model), "metrics": {}}

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
    checkpoint.unlink(missing_ok=True)  # everything it was for is done
    return {
        "run_id": run.run_id,
        "status": run.status,
        "model": str(model),
        "metrics": summarized(evaluations),
        "best_epoch": training.state.best_epoch,
        "training_seconds": round(training.state.seconds, 2),
    }


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
    run.log_metrics({f"mixture.{name}": share for name, share in shares.items()})
    say(f"Weights fitted on validation: encoder {shares['encoder']:.2f}, n-grams {shares['linear']:.2f}")
    return joined


def prepare(settings: TrainSettings, splits: "Splits", run: "Run", checkpoint: Path, output: Path):
    """Logs what the run starts from; learns the vocabulary, encodes the texts, builds the model.

    Returns:
        The tokenizer and the training, which continues its checkpoint if there is one.
    """
    from classifier.evaluation.metrics import headline
    from classifier.model import build_classifier
    from classifier.tracking import package_versions
    from classifier.training.batches import encode
    from classifier.training.fit import Training
    from classifier.training.optimization import WarmupDecay, class_weights, spare_from_decay

    report = output / "report"
    (report / "config.yaml").write_text(OmegaConf.to_yaml(OmegaConf.structured(settings)))
    (report / "packages.json").write_text(json.dumps(package_versions(), indent=2) + "\n")
    run.log_params(parameters(settings))
    run.log_datasets(splits.files)

    tokenizer = instantiate(settings.tokenizer)
    tokenizer.learn(splits.train.texts)
    texts, cut = encode(tokenizer, splits.train.texts)
    rejected = {"data.rejected_rows": len(splits.rejects), "data.cut_texts": cut}
    run.log_metrics({**rejected, "data.vocabulary": len(tokenizer.vocabulary)}, step=0)
    say(
        f"{len(tokenizer.vocabulary):,} tokens in the vocabulary; "
        f"{cut:.1%} of the texts are cut to {tokenizer.max_tokens}"
    )

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
    run.log_model(model, splits.valid.texts[0], metrics, f"valid.{settings.trainer.monitor.name}")
    console = Console()
    console.print(results_table(evaluations))
    console.print(f"Best epoch {state.best_epoch} of {state.epoch}, chosen on valid.{settings.trainer.monitor.name}")
    console.print(f"Model    {model}", highlight=False, soft_wrap=True)
    console.print(f"Run      {run.run_id}", highlight=False, soft_wrap=True)
    console.print(f"Look at  {run.interface()}", highlight=False, soft_wrap=True)


def finished_already(earlier) -> dict[str, Any]:
    """The summary of the run of this command that is finished."""
    say(f"Nothing to resume: the last run of this command, {earlier.run_id}, is finished.")
    summary = earlier.output / "summary.json"
    return json.loads(summary.read_text()) if summary.exists() else {"run_id": earlier.run_id, "status": "FINISHED"}


def parameters(settings: TrainSettings) -> dict[str, Any]:
    """Every setting that decides the result, and every chosen file of conf/, under its name on the command line."""
    flattened: dict[str, Any] = {}

    def add(prefix: str, value: Any) -> None:
        if isinstance(value, dict) and value:
            for key, inner in value.items():
                add(f"{prefix}.{key}" if prefix else str(key), inner)
        else:
            flattened[prefix] = getattr(value, "name", value)

    add("", asdict(settings))
    flattened = {
        key: value
        for key, value in flattened.items()
        if not key.startswith("tracking.") and not key.endswith("_target_") and key != "trainer.resume"
    }
    choices = HydraConfig.get().runtime.choices
    return {**flattened, **{folder: choice for folder, choice in choices.items() if not folder.startswith("hydra")}}


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
