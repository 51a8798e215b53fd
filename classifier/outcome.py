"""What comes after the last epoch: the whole model, its export, its measurements, its run in MLflow, the last lines."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.settings import Linear, TrainSettings

if TYPE_CHECKING:
    import keras
    import numpy as np

    from classifier.data import Examples, Splits
    from classifier.evaluation.metrics import Evaluation
    from classifier.tokenizers import Tokenizer
    from classifier.tracking.run import EarlierRun, Run
    from classifier.training.fit import Training


def conclude(
    settings: TrainSettings,
    training: "Training",
    tokenizer: "Tokenizer",
    splits: "Splits",
    run: "Run",
    output: Path,
) -> dict[str, Any]:
    """Completes, exports, measures and logs the model of the best epoch; returns the summary.

    The test split is scored here, once.
    """
    from classifier.evaluation.report import flat, summarized
    from classifier.training.fit import Predictor

    state, classifier = training.state, complete(settings, training, splits, run)
    predict = Predictor(classifier)
    with ThreadPoolExecutor(1) as beside:  # the export waits for a process of its own, which the other core can run
        exported = beside.submit(export, classifier, tokenizer, splits, output)
        encoded = {"valid": training.valid_texts, "test": encode_split(tokenizer, splits.test)}
        evaluations = {
            name: measure_split(output / "report" / name, parts(splits)[name], softmax(predict(texts)))
            for name, texts in encoded.items()
        }
        model = exported.result()
    metrics = {f"{split}.{name}": value for split, one in evaluations.items() for name, value in flat(one).items()}
    run.log_metrics({**metrics, "best_epoch": state.best_epoch, "training_seconds": state.seconds}, step=state.epoch)
    run.log_model(model, splits.valid.texts[0], splits.train.label_names, state.epoch)
    run.register_model(metrics, f"valid.{settings.trainer.monitor.name}")
    draw_learning_curves(training, output)
    run.log_folder(output / "report")
    tell(settings, training, run, evaluations, model)
    return {
        "run_id": run.run_id,
        "status": run.status,
        "model": str(model),
        "metrics": summarized(evaluations),
        "best_epoch": state.best_epoch,
        "training_seconds": round(state.seconds, 2),
    }


def draw_learning_curves(training: "Training", output: Path) -> None:
    from classifier.evaluation.plots import learning_curves

    state = training.state
    learning_curves(state.history, best_epoch=state.best_epoch).savefig(output / "report" / "learning_curves.png")


def tell(
    settings: TrainSettings, training: "Training", run: "Run", evaluations: "dict[str, Evaluation]", model: Path
) -> None:
    """The table of results, where the model lies and how to look at the run."""
    from rich.console import Console

    from classifier.evaluation.report import results_table

    console = Console()
    console.print(results_table(evaluations))
    say(f"Best epoch {training.state.best_epoch} of {training.state.epoch}, by valid.{settings.trainer.monitor.name}")
    say(f"Model    {model}")
    say(f"Run      {run.run_id}")
    say(f"Look at  {run.interface()}")


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
    draw_learning_curves(training, output)
    run.log_folder(output / "report")
    say(f"Model    {model}")
    say(f"Continue with the same command and trainer.resume=true; run {run.run_id}")
    best = {name.removeprefix("valid."): value for name, value in state.history[state.best_epoch - 1].items()}
    return {"run_id": run.run_id, "status": run.status, "model": str(model), "metrics": {"encoder_valid": best}}


def complete(settings: TrainSettings, training: "Training", splits: "Splits", run: "Run") -> "keras.Model":
    """The encoder at its best epoch, with the linear part beside it where the settings ask for one."""
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
    say(f"Encoder and n-grams join, weighted {shares['encoder']:.2f} and {shares['linear']:.2f} (fitted on validation)")
    return joined


def export(classifier: "keras.Model", tokenizer: "Tokenizer", splits: "Splits", output: Path) -> Path:
    """The SavedModel, checked in a clean process."""
    from classifier.serving.export import export_model

    label_names = splits.train.label_names
    return export_model(classifier, tokenizer, label_names, splits.valid.texts, output.absolute() / "model")


def measure_split(folder: Path, examples: "Examples", probabilities: "np.ndarray") -> "Evaluation":
    """Evaluates one split and writes its report into the folder."""
    from classifier.evaluation.report import measure

    return measure(folder, examples.texts, examples.labels, probabilities, examples.label_names, examples.origins)


def finished_already(earlier: "EarlierRun") -> dict[str, Any]:
    """The summary of the run of this command that is finished."""
    say(f"Nothing to resume: the last run of this command, {earlier.run_id}, is finished.")
    summary = earlier.output / "summary.json"
    return json.loads(summary.read_text()) if summary.exists() else {"run_id": earlier.run_id, "status": "FINISHED"}


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
