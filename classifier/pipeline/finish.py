"""The steps after the last epoch: completes, exports and evaluates the model, logs it to MLflow and prints results."""

import json
import statistics
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from classifier.artifact.export import export_model
from classifier.artifact.publish import publish_model
from classifier.command_line.arguments import typed_command
from classifier.data import Examples
from classifier.evaluation.calibration import as_dictionary
from classifier.evaluation.contributions import contributions, verdict
from classifier.evaluation.metrics import Evaluation
from classifier.evaluation.promises import promises_of
from classifier.evaluation.report import flat, measure, summarized
from classifier.evaluation.scored import Scored
from classifier.files import write_records, write_table, write_text
from classifier.model.classifier_module import ClassifierModule
from classifier.model.hybrid import Completed
from classifier.model.uncalibrated import before_and_after
from classifier.pipeline.describe import describe
from classifier.pipeline.folds import Pooled
from classifier.pipeline.job import Job
from classifier.pipeline.print_results import print_results
from classifier.progress import Stage
from classifier.settings import as_typed, chosen_exports
from classifier.terminal import counted, say, show, shown_path, warn
from classifier.tracking.metric_names import tracked_results
from classifier.tracking.notes import NOTE
from classifier.tracking.open_run import AnyRun
from classifier.tracking.run import EarlierRun, Run
from classifier.training.fit import set_weights

LATENCY_TEXTS = 20  # number of texts to measure the latency


def finish(job: Job, pooled: Pooled | None = None) -> dict[str, Any]:
    """Completes, exports, evaluates and logs the model of the best epoch; returns the summary.

    The test split is only used here; after a cross-validation, the pooled answers take its place.
    """
    run = job.run
    whole = complete(job)
    judged = judge(job, whole, pooled)
    with ThreadPoolExecutor(1) as executor:  # the export waits for a separate process, which can run on another core
        exported = executor.submit(export, whole.final, job)
        evaluations = {"valid": measure_split(job.report / "valid", job.splits.valid, whole.validated)}
        if job.splits.test is not None:
            evaluations["test"] = measure_split(job.report / "test", job.splits.test, whole.final)
        elif pooled:
            evaluations["test"] = measure(job.report / "test", pooled.scored)
        model = exported.result()
    measured = [pooled.sentence(len(job.splits.valid))] if pooled else []
    log_evaluations(job, evaluations, whole.validated, [*measured, *verdict_of(judged)])
    run.log_model(model, job.splits.valid.texts[0], job.splits.train.label_names, job.training.state.epoch)
    formats = export_formats(job, whole, model)
    kept, promises = promises_of(evaluations)
    facts = [*measured, *verdict_of(judged), *sentences(whole), *kept]
    page = write_report_page(job, evaluations, facts, model)
    run.log_folder(job.report)
    run.register_model()
    served = serve(job, model)
    print_results(job, evaluations, facts, page, model)
    return {
        **summary(job, evaluations, pooled),
        **judged,
        **promises,
        "calibration": {split: as_dictionary(one.calibration) for split, one in evaluations.items()},
        "model": str(model),
        "report": str(page),
        **formats,
        **served,
    }


def finish_trial(job: Job) -> dict[str, Any]:
    """Evaluates the model of the best epoch on validation only, without export; returns the summary."""
    whole = complete(job)
    judged = judge(job, whole)
    evaluations = {"valid": measure_split(job.report / "valid", job.splits.valid, whole.validated)}
    log_evaluations(job, evaluations, whole.validated, verdict_of(judged))
    facts = [*verdict_of(judged), *sentences(whole)]
    page = write_report_page(job, evaluations, facts)
    job.run.log_folder(job.report)
    print_results(job, evaluations, facts, page)
    return {**summary(job, evaluations), **judged, "report": str(page)}


def finish_pruned(job: Job, reason: str) -> dict[str, Any]:
    """Ends a trial that was pruned by its sweep; returns the summary."""
    say(f"Pruned: {reason}")
    draw_learning_curves(job)
    job.run.log_folder(job.report)
    job.run.status = "KILLED"
    return {"run_id": job.run.run_id, "status": "PRUNED", "reason": reason}


def log_evaluations(
    job: Job, evaluations: dict[str, Evaluation], classifier: ClassifierModule, facts: Sequence[str]
) -> None:
    """Logs the main metrics, the size and the latency of the model, and a description; the report has the rest."""
    state, run = job.training.state, job.run
    with Stage("Measuring the latency"):
        latency = latency_ms(classifier, job.splits.valid.texts)
    costs = {
        "best_epoch": state.best_epoch,
        "training_seconds": state.seconds,
        "parameters": job.hybrid.encoder.model.count_params(),
        "latency_ms": latency,
    }
    results = {}
    for split, evaluation in reversed(evaluations.items()):  # test first
        results |= tracked_results(split, flat(evaluation))
    run.log_metrics({**results, **costs}, step=state.epoch)
    run.set_tags({NOTE: describe(evaluations, job.splits, state.best_epoch, state.epoch, facts)})
    write_text(job.report / "training.json", json.dumps({**costs, **run.facts}, indent=2) + "\n")
    draw_learning_curves(job)


def latency_ms(classifier: ClassifierModule, texts: Sequence[str]) -> float:
    """Returns the latency of a single text in milliseconds: the median over some texts, after a first pass."""
    seconds = []
    for text in [*texts[:LATENCY_TEXTS]] * 2:
        began = time.perf_counter()
        classifier.probabilities([text])
        seconds.append(time.perf_counter() - began)
    return 1000 * statistics.median(seconds[len(seconds) // 2 :])


def summary(job: Job, evaluations: dict[str, Evaluation], pooled: Pooled | None = None) -> dict[str, Any]:
    """Returns the content of summary.json."""
    state = job.training.state
    return {
        "run_id": job.run.run_id,
        "status": job.run.status,
        "metrics": summarized(evaluations),
        **({"folds": pooled.summary()} if pooled else {}),
        "best_epoch": state.best_epoch,
        "training_seconds": round(state.seconds, 2),
    }


def draw_learning_curves(job: Job) -> None:
    """Draws the metrics of all epochs for the report, and writes them to a table."""
    from classifier.evaluation.plots import learning_curves

    state = job.training.state
    columns = list(dict.fromkeys(name for entry in state.history for name in entry))
    write_table(job.report / "epochs.csv", columns, ([entry.get(name) for name in columns] for entry in state.history))
    with Stage("Drawing pictures"):
        learning_curves(state.history, best_epoch=state.best_epoch).savefig(job.report / "learning_curves.png")


def write_report_page(
    job: Job, evaluations: dict[str, Evaluation], facts: Sequence[str], model: Path | None = None
) -> Path:
    """Writes the page of the report and returns its path.

    Args:
        job: the training.
        evaluations: evaluation of each split.
        facts: sentences about the model.
        model: folder of the SavedModel.
    """
    from classifier.evaluation.page import Page, name_of, write_page

    settings, splits, state = job.settings, job.splits, job.training.state
    best = (
        f"The model is that of epoch {state.best_epoch} of {state.epoch}, the best by "
        f"valid.{settings.trainer.monitor.name}, after {counted(round(state.seconds), 'second')} of training."
    )
    page = Page(
        name_of(settings.data, splits.files),
        evaluations,
        as_typed(settings.data.text),
        model,
        facts=[*facts, best],
        sizes={name: len(part) for name, part in splits.parts().items()},
        notices=splits.notices,
        rejects=splits.rejects,
        command=typed_command("train"),
        settings=(job.report / "config.yaml").read_text(),
    )
    return write_page(job.report.absolute(), page)


def finish_interrupted(job: Job) -> dict[str, Any]:
    """Exports and logs the best model so far after Ctrl-C; returns the summary of a run with status KILLED."""
    state, run = job.training.state, job.run
    run.status = "KILLED"
    say(f"Interrupted; keeping the best model so far, of epoch {state.best_epoch}. Press Ctrl-C again to discard it.")
    set_weights(job.training.model, job.training.best)
    model = export(complete(job).final, job)
    run.log_model(model, job.splits.valid.texts[0], job.splits.train.label_names, state.epoch)
    draw_learning_curves(job)
    run.log_folder(job.report)
    say(f"Model    {model}")
    if isinstance(run, Run):
        say(f"Continue with the same command and trainer.resume=true; run {run.run_id}")
    entry = state.history[state.best_epoch - 1]
    best = {name.removeprefix("valid."): value for name, value in entry.items() if name.startswith("valid.")}
    return {"run_id": run.run_id, "status": run.status, "model": str(model), "metrics": {"valid": best}}


def complete(job: Job) -> Completed:
    """Returns the complete classifier with the encoder of the best epoch; notes the mixture."""
    training = job.training
    whole = job.hybrid.complete(training.predict(training.data.valid_texts), training.data.targets)
    for name, weights in zip(("mixture.encoder", "mixture.linear"), whole.mixture.parts, strict=False):
        job.run.facts[name] = float(weights.mean())  # over the classes, if a text can have several labels
    for recipe, share in whole.shares.items():
        job.run.facts[f"linear.{recipe.method.name}.share"] = share
        job.run.facts[f"linear.{recipe.method.name}.inverse_regularization"] = recipe.inverse_regularization
    write_text(job.report / "mixture.txt", mixture_text(whole))
    return whole


def mixture_text(whole: Completed) -> str:
    """Returns how the logits of encoder and n-gram model are weighted, for the report."""
    encoder, *ngrams = (float(weights.mean()) for weights in whole.mixture.parts)
    if not ngrams:
        return f"Logits of the encoder, times {encoder:.2f} (chosen on validation)\n"
    recipes = " + ".join(f"{share:.2f} x {recipe}" for recipe, share in whole.shares.items())
    return f"N-gram model: {recipes}\nMixture: encoder {encoder:.2f}, n-grams {ngrams[0]:.2f} (chosen on validation)\n"


def judge(job: Job, whole: Completed, pooled: Pooled | None = None) -> dict[str, Any]:
    """Returns for the summary what encoder and n-grams contribute; writes it to the report.

    It is measured on validation, or by cross-validation.
    """
    if not whole.valid_right:
        return {}
    found = contributions(pooled.right if pooled else whole.valid_right)
    measured = "texts in cross-validation" if pooled else "validation texts"
    sentence = verdict(found, job.hybrid.encoder.pretrained, measured)
    write_text(job.report / "verdict.txt", f"{sentence}\n")
    return {"verdict": sentence, "parts": found.summary()}


def verdict_of(judged: Mapping[str, Any]) -> list[str]:
    """Returns the sentence of `judge`, if there is one."""
    return [judged["verdict"]] if judged else []


def sentences(whole: Completed) -> list[str]:
    """Describes the class of none of these and the thresholds, and what they rest on."""
    none = whole.final.none_of_these
    return [*([none.sentence()] if none else []), *whole.decision.sentences()]


def export(classifier: ClassifierModule, job: Job) -> Path:
    """Exports the SavedModel and checks it in a clean process."""
    folder = job.run.output.absolute() / "model"
    return export_model(classifier, job.splits.valid.texts, folder, job.settings.data)


def export_formats(job: Job, whole: Completed, model: Path) -> dict[str, Any]:
    """Writes the other chosen formats, and their comparison to the report; returns their folder."""
    exports = chosen_exports(job.settings.export)
    if exports == [("savedmodel", "float32")]:
        return {}
    from classifier.artifact.formats.measure import Measured, as_table
    from classifier.artifact.formats.write import write_formats

    valid, folder = job.splits.valid, job.run.output.absolute() / "formats"
    with Stage("Writing other formats"):
        rows, problems = write_formats(whole.final, whole.validated, model, exports, valid.texts, valid.labels, folder)
    write_records(job.report / "formats.csv", Measured, rows)
    show(as_table(rows))
    for problem in problems:
        warn(problem)
    say(f"Formats  {shown_path(folder)}")
    return {"formats": str(folder)}


def serve(job: Job, model: Path) -> dict[str, str]:
    """Publishes the model for TensorFlow Serving if the settings name a folder; returns the folder of the version."""
    serving_dir = job.settings.export.serving_dir
    if serving_dir is None:
        return {}
    version = publish_model(model, serving_dir)
    say(f"Served   {version}")
    return {"served": str(version)}


def measure_split(folder: Path, examples: Examples, classifier: ClassifierModule) -> Evaluation:
    """Evaluates a split and writes its report to the folder."""
    with Stage(f"Classifying ({folder.name})"):
        before, after = before_and_after(classifier, examples.texts)
    names = list(examples.label_names)
    scored = Scored(
        examples.labels,
        after,
        names,
        examples.texts,
        examples.origins,
        classifier.decision,
        has_none=classifier.none_of_these is not None,
        uncalibrated=before,
    )
    return measure(folder, scored)


def finished_already(earlier: EarlierRun) -> dict[str, Any]:
    """Returns the summary of a finished run of the same command."""
    say(f"Nothing to resume: the last run of this command, {earlier.run_id}, is finished.")
    summary = earlier.output / "summary.json"
    return json.loads(summary.read_text()) if summary.exists() else {"run_id": earlier.run_id, "status": "FINISHED"}


def failed_if_refused(summary: dict[str, Any], run: AnyRun) -> dict[str, Any]:
    """Adds the requests that MLflow rejected to the summary; the status is FAILED if that of the run is."""
    if not run.refused:
        return summary
    failed = summary.get("status") == "FINISHED" and run.status == "FAILED"
    return {**summary, "status": "FAILED" if failed else summary.get("status"), "not_sent": run.refused}
