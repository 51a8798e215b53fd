"""What comes after the last epoch: the whole model, its export, its measurements, its run in MLflow, the last lines."""

import json
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.files import write_records
from classifier.preparation import Job
from classifier.settings import chosen_exports
from classifier.terminal import say, show, warn

if TYPE_CHECKING:
    from classifier.data import Examples
    from classifier.evaluation.metrics import Evaluation
    from classifier.model.text_classifier import TextClassifier
    from classifier.tracking.run import EarlierRun
    from classifier.training.fit import Training


LATENCY_TEXTS = 20  # by which the time of one text is measured


def conclude(job: Job) -> dict[str, Any]:
    """Completes, exports, measures and logs the model of the best epoch; returns the summary.

    The test split is scored here, once.
    """
    run, report = job.run, job.output / "report"
    validated, final = complete(job)
    with ThreadPoolExecutor(1) as beside:  # the export waits for a process of its own, which the other core can run
        exported = beside.submit(export, final, job)
        evaluations = {
            "valid": measure_split(report / "valid", job.splits.valid, validated),
            "test": measure_split(report / "test", job.splits.test, final),
        }
        model = exported.result()
    log_evaluations(job, evaluations, validated)
    run.log_model(model, job.splits.valid.texts[0], job.splits.train.label_names, job.training.state.epoch)
    formats = export_formats(job, final, validated, model)
    run.log_folder(report)
    run.register_model()
    tell(job, evaluations, model)
    served = serve(job, model)
    return {**summary(job, evaluations), "model": str(model), **formats, **served}


def conclude_trial(job: Job) -> dict[str, Any]:
    """Measures the model of the best epoch on validation alone; nothing is exported. Returns the summary."""
    validated, _ = complete(job)
    report = job.output / "report"
    evaluations = {"valid": measure_split(report / "valid", job.splits.valid, validated)}
    log_evaluations(job, evaluations, validated)
    job.run.log_folder(report)
    tell(job, evaluations)
    return summary(job, evaluations)


def conclude_pruned(job: Job, reason: str) -> dict[str, Any]:
    """Leaves a trial that its sweep does not want any more; returns the summary."""
    say(f"Pruned: {reason}")
    draw_learning_curves(job.training, job.output)
    job.run.log_folder(job.output / "report")
    job.run.status = "KILLED"
    return {"run_id": job.run.run_id, "status": "PRUNED", "reason": reason}


def log_evaluations(job: Job, evaluations: "dict[str, Evaluation]", classifier: "TextClassifier") -> None:
    """Keeps what was measured, with the size and the speed of the model."""
    from classifier.evaluation.report import flat

    state = job.training.state
    metrics = {f"{split}.{name}": value for split, one in evaluations.items() for name, value in flat(one).items()}
    costs = {
        "best_epoch": state.best_epoch,
        "training_seconds": state.seconds,
        "parameters": job.training.model.count_params(),
        "latency_ms": latency_ms(classifier, job.splits.valid.texts),
    }
    job.run.log_metrics({**metrics, **costs}, step=state.epoch)
    draw_learning_curves(job.training, job.output)


def latency_ms(classifier: "TextClassifier", texts: Sequence[str]) -> float:
    """Milliseconds in which one text by itself is classified: the median of some texts, once each was seen."""
    seconds = []
    for text in [*texts[:LATENCY_TEXTS]] * 2:
        began = time.perf_counter()
        classifier.probabilities([text])
        seconds.append(time.perf_counter() - began)
    return 1000 * statistics.median(seconds[len(seconds) // 2 :])


def summary(job: Job, evaluations: "dict[str, Evaluation]") -> dict[str, Any]:
    """What goes into summary.json."""
    from classifier.evaluation.report import summarized

    state = job.training.state
    return {
        "run_id": job.run.run_id,
        "status": job.run.status,
        "metrics": summarized(evaluations),
        "best_epoch": state.best_epoch,
        "training_seconds": round(state.seconds, 2),
    }


def draw_learning_curves(training: "Training", output: Path) -> None:
    from classifier.evaluation.plots import learning_curves

    state = training.state
    learning_curves(state.history, best_epoch=state.best_epoch).savefig(output / "report" / "learning_curves.png")


def tell(job: Job, evaluations: "dict[str, Evaluation]", model: Path | None = None) -> None:
    """The table of results, where the model lies and how to look at the run."""
    from classifier.evaluation.report import results_table

    state = job.training.state
    show(results_table(evaluations))
    say(f"Best epoch {state.best_epoch} of {state.epoch}, by valid.{job.settings.trainer.monitor.name}")
    if model:
        say(f"Model    {model}")
    say(f"Run      {job.run.run_id}")
    say(f"Look at  {job.run.interface()}")


def keep_best(job: Job) -> dict[str, Any]:
    """After Ctrl-C: exports and logs the best model so far; returns the summary of a run that is KILLED."""
    from classifier.training.fit import set_weights

    state, run = job.training.state, job.run
    run.status = "KILLED"
    say(f"Interrupted; the best model so far, of epoch {state.best_epoch}, is kept. Once more Ctrl-C to drop it.")
    set_weights(job.training.model, job.training.best)
    model = export(complete(job)[1], job)
    run.log_model(model, job.splits.valid.texts[0], job.splits.train.label_names, state.epoch)
    draw_learning_curves(job.training, job.output)
    run.log_folder(job.output / "report")
    say(f"Model    {model}")
    say(f"Continue with the same command and trainer.resume=true; run {run.run_id}")
    entry = state.history[state.best_epoch - 1]
    best = {name.removeprefix("valid."): value for name, value in entry.items() if name.startswith("valid.")}
    return {"run_id": run.run_id, "status": run.status, "model": str(model), "metrics": {"valid": best}}


def complete(job: Job) -> "tuple[TextClassifier, TextClassifier]":
    """The encoder at its best epoch, with the linear part beside it where there is one.

    Returns:
        What validation measures, which knows the training split alone; and what is exported, whose linear part is
        fitted on train and validation together. Without a linear part both are the same.
    """
    from classifier.model.hybrid import join
    from classifier.model.text_classifier import TextClassifier

    training, names = job.training, job.splits.train.label_names
    if job.linear is None:
        alone = TextClassifier(training.model, job.tokenizer, names)
        return alone, alone
    linear = job.linear.result()
    class_weights = training.class_weights.numpy()
    encoder_logits = training.predict(training.valid_texts)
    weights, _ = join(encoder_logits, linear.valid_logits, job.splits.valid.labels, class_weights)
    shares = {"encoder": float(weights[0]), "linear": float(weights[1])}
    logged = {f"mixture.{name}": share for name, share in shares.items()}
    for recipe, share in linear.shares.items():
        logged[f"linear.{recipe.method.name}.share"] = share
        logged[f"linear.{recipe.method.name}.inverse_regularization"] = recipe.inverse_regularization
    job.run.log_metrics(logged, step=training.state.epoch)
    say(f"N-grams: {' + '.join(f'{share:.2f} x {recipe}' for recipe, share in linear.shares.items())}")
    say(
        f"Encoder and n-grams join, weighted {shares['encoder']:.2f} and {shares['linear']:.2f}; "
        "all of it chosen without the test split"
    )
    return tuple(  # pyright: ignore[reportReturnType]
        TextClassifier(training.model, job.tokenizer, names, part, weights) for part in (linear.chosen, linear.final)
    )


def export(classifier: "TextClassifier", job: Job) -> Path:
    """The SavedModel, checked in a clean process."""
    from classifier.artifact.export import export_model

    return export_model(classifier, job.splits.valid.texts, job.output.absolute() / "model")


def export_formats(job: Job, classifier: "TextClassifier", validated: "TextClassifier", model: Path) -> dict[str, Any]:
    """Writes the further formats that were chosen, and how they compare, into the report; returns their folder."""
    exports = chosen_exports(job.settings.export)
    if exports == [("savedmodel", "float32")]:
        return {}
    from classifier.artifact.formats.measure import Measured, as_table
    from classifier.artifact.formats.write import write_formats

    valid, folder = job.splits.valid, job.output.absolute() / "formats"
    rows, problems = write_formats(classifier, validated, model, exports, valid.texts, valid.labels, folder)
    write_records(job.output / "report" / "formats.csv", Measured, rows)
    show(as_table(rows))
    for problem in problems:
        warn(problem)
    say(f"Formats  {folder}")
    return {"formats": str(folder)}


def serve(job: Job, model: Path) -> dict[str, str]:
    """Publishes the model for TensorFlow Serving where the settings say so; returns where."""
    serving_dir = job.settings.export.serving_dir
    if serving_dir is None:
        return {}
    from classifier.artifact.publish import publish_model

    version = publish_model(model, serving_dir)
    say(f"Served   {version}")
    return {"served": str(version)}


def measure_split(folder: Path, examples: "Examples", classifier: "TextClassifier") -> "Evaluation":
    """Evaluates one split and writes its report into the folder."""
    from classifier.evaluation.report import measure

    probabilities = classifier.probabilities(examples.texts)
    return measure(folder, examples.texts, examples.labels, probabilities, examples.label_names, examples.origins)


def finished_already(earlier: "EarlierRun") -> dict[str, Any]:
    """The summary of the run of this command that is finished."""
    say(f"Nothing to resume: the last run of this command, {earlier.run_id}, is finished.")
    summary = earlier.output / "summary.json"
    return json.loads(summary.read_text()) if summary.exists() else {"run_id": earlier.run_id, "status": "FINISHED"}
