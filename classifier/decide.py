"""Gives a trained model other decisions, without training it again.

python -m classifier.decide model=<folder of a training> abstain.precision=0.99
python -m classifier.decide model=models:/support@champion export.coverage=0.9 tracking.register=support
python -m classifier.decide model=<folder of a training> abstain.precision=null
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from classifier.command_line.arguments import typed_command
from classifier.command_line.run import run_command
from classifier.errors import UserError
from classifier.files import whole_file
from classifier.leaving import run_and_leave
from classifier.progress import Stage
from classifier.settings import (
    AbstainSettings,
    CoverageSettings,
    DecideSettings,
    LabelsSettings,
    as_typed,
    check_decisions,
)
from classifier.settings.passwords import without_passwords
from classifier.tasks import DECISION, Decision, NoneOfThese, decide, refuse_impossible, refuse_labels, with_promises
from classifier.terminal import say, show, shown_path

if TYPE_CHECKING:
    from classifier.artifact.saved_model import SavedClassifier
    from classifier.evaluation.metrics import Evaluation
    from classifier.evaluation.scored import Scored

GROUPS = ("abstain", "export", "labels")
CONFIG, TRAINED_TEXTS = "config.yaml", "trained_texts.npy"  # files of a report that other commands read


def change(settings: DecideSettings, changed: Sequence[str], output: Path) -> dict[str, Any]:
    """Writes the model with other decisions and its report, and returns the content of summary.json.

    Args:
        settings: checked settings.
        changed: keys of decisions that were given, also those that turn a decision off.
        output: output folder of the command.

    Raises:
        UserError: if there is no such model, nothing to choose thresholds on, or a promise that cannot be kept.
    """
    from classifier.artifact.saved_model import SavedClassifier
    from classifier.start import start_saved_models
    from classifier.tracking.decided_run import check_tracked
    from classifier.tracking.models import run_of_model
    from classifier.tracking.named_models import model_folder

    folder = model_folder(settings.model, settings.tracking)
    earlier, asked = asked_for(settings, changed, folder, output)
    source = run_of_model(settings.model, folder, settings.tracking)
    check_tracked(settings.model, source, settings.tracking)
    valid = predictions(settings, folder, "valid") if settings.data.valid is None else None
    if valid is not None:
        refuse_impossible(*asked[:2], earlier.several, len(valid))
    elif settings.data.valid is None:
        raise UserError(
            f"model={settings.model}: the predictions of its training are not kept, neither in report/valid/ next to "
            "the model nor in MLflow. Choose the thresholds on labelled texts that it was not trained on: "
            "data.valid=file.csv."
        )
    with Stage("Starting TensorFlow"):
        start_saved_models()
    with Stage("Loading the model"):
        classifier = SavedClassifier(folder)
    if valid is None:
        valid = classify(settings, classifier, folder, output)
        refuse_impossible(*asked[:2], earlier.several, len(valid))
    from classifier.evaluation.report import measure

    decision = decide(*asked, valid.probabilities, valid.labels)
    model = export(classifier, decision, valid.texts, folder, output)
    splits = {"valid": valid, "test": predictions(settings, folder, "test")}
    has_none = classifier.none_of_these is not None
    evaluations = {
        name: measure(output / "report" / name, replace(scored, decision=decision, has_none=has_none))
        for name, scored in splits.items()
        if scored is not None
    }
    return finish(settings, evaluations, decision, (folder, model), source, output)


def asked_for(
    settings: DecideSettings, changed: Sequence[str], folder: Path, output: Path
) -> tuple[Decision, tuple[AbstainSettings, CoverageSettings, LabelsSettings]]:
    """Returns the earlier decisions of the model, and the settings of the new ones; arguments as for `change`.

    Raises:
        UserError: if nothing is asked for, or it cannot be decided.
    """
    earlier = Decision.read(folder)
    if not changed and settings.data.valid is None:
        raise UserError("Say what to decide, such as abstain.precision=0.95, or name labelled texts with data.valid=.")
    if folder.absolute() == output.absolute() / "model":
        raise UserError(f"The new model would replace the one it comes from, {folder}. Choose another hydra.run.dir.")
    asked = with_promises(earlier, (settings.abstain, settings.export, settings.labels), changed)
    check_decisions(*asked)
    if not earlier and not is_any_asked(*asked[:2]):
        raise UserError(
            f"model={settings.model} accepts every answer and has no label sets, and nothing else is asked for: give "
            "abstain.precision=, abstain.coverage=, abstain.mistake_cost= or export.coverage=."
        )
    refuse_labels(asked[2], earlier.several)
    return earlier, asked


def is_any_asked(abstain: AbstainSettings, export: CoverageSettings) -> bool:
    """Whether the settings ask for a decision."""
    return export.coverage is not None or any(value is not None for value in asdict(abstain).values())


def predictions(settings: DecideSettings, folder: Path, split: str) -> "Scored | None":
    """Returns the predictions of the training for a split, or None if they are not kept.

    After a cross-validation, those for the test are of other models.
    """
    from classifier.evaluation.predictions import read_scored
    from classifier.tracking.trained_on import report_file

    where = settings.model, folder, settings.tracking
    config = report_file(CONFIG, *where) if split == "test" else None
    if config and OmegaConf.select(OmegaConf.load(config), "data.folds"):
        return None
    path = report_file(f"{split}/predictions.parquet", *where)
    return read_scored(path) if path else None


def classify(settings: DecideSettings, classifier: "SavedClassifier", folder: Path, output: Path) -> "Scored":
    """Returns the answers of the model to the texts of `data.valid`."""
    from classifier.artifact.labelled_texts import as_in_training, check_none, read_labelled, report_problems
    from classifier.evaluation.scored import Scored
    from classifier.tracking.trained_on import warn_of_trained

    check_none(settings.data, classifier.none_of_these)
    data = as_in_training(settings.data, settings.data.valid, folder)
    loaded = read_labelled(data.valid, data, "valid", classifier)
    report_problems(loaded, output)
    examples = loaded.examples
    with Stage("Classifying", len(examples), "texts") as stage:
        probabilities = classifier.probabilities(examples.texts, stage.advance)
    warn_of_trained(examples.texts, settings.model, folder, settings.tracking)
    return Scored(examples.labels, probabilities, list(examples.label_names), examples.texts, examples.origins)


def export(classifier: "SavedClassifier", decision: Decision, texts: Sequence[str], folder: Path, output: Path) -> Path:
    """Writes the model with other decisions next to the report.

    Raises:
        UserError: if the model has no explanations, as those with weights in half precision.
    """
    from classifier.artifact.export import export_model
    from classifier.model.redecided import Redecided

    if "explain" not in classifier.loaded.signatures:
        raise UserError(
            f"{folder} has no signature explain: it has weights in half precision, or an earlier version exported it. "
            "Decide on the folder model/ of its training, or train it again with these decisions."
        )
    module = Redecided(classifier.loaded, decision, classifier.none_of_these)
    return export_model(module, texts, output.absolute() / "model", like=folder)


def finish(
    settings: DecideSettings,
    evaluations: "dict[str, Evaluation]",
    decision: Decision,
    models: tuple[Path, Path],
    source: str | None,
    output: Path,
) -> dict[str, Any]:
    """Writes the page, logs and registers the model, prints the results, and returns the content of summary.json.

    Args:
        settings: settings of the command.
        evaluations: evaluation of each split.
        decision: the new decisions.
        models: folders of the earlier and of the new model.
        source: run id of the earlier model, if it has one.
        output: output folder of the command.
    """
    from classifier.evaluation.promises import promises_of
    from classifier.evaluation.report import results_table, summarized
    from classifier.tracking.decided_run import log_decided, register

    earlier, model = models
    report = output.absolute() / "report"
    keep_files(settings, earlier, report)
    sentences, promises = promises_of(evaluations)
    none = NoneOfThese.read(model)
    facts = [
        *([none.sentence()] if none else []),
        *(decision.sentences() or ["The model accepts every answer, and has no label sets."]),
        *sentences,
    ]
    index = write_decided_page(settings, evaluations, facts, model, report)
    show(results_table(evaluations))
    for fact in facts:
        say(fact)
    run_id = None
    if source and settings.tracking.enabled:
        run_id = log_decided(source, decision, evaluations, facts, report, model, settings.tracking)
    if run_id and settings.tracking.register:
        say(register(run_id, settings.tracking))
    if (earlier.parent / "formats").is_dir():
        say(
            f"The exports in {shown_path(earlier.parent / 'formats')} keep their decisions. For ONNX and LiteRT, "
            f"replace their decision.json with {shown_path(model / DECISION)}; a SavedModel in half precision must be "
            "trained again."
        )
    say(f"Report   {shown_path(index)}")
    say(f"Model    {shown_path(model)}")
    if run_id:
        say(f"Run      {run_id}")
    return {
        "run_id": run_id,
        "decided_from": {"model": str(earlier), "run_id": source},
        "model": str(model),
        "report": str(index),
        "metrics": summarized(evaluations),
        **promises,
    }


def write_decided_page(
    settings: DecideSettings, evaluations: "dict[str, Evaluation]", facts: Sequence[str], model: Path, report: Path
) -> Path:
    """Writes the page of the report and returns its path; arguments as for `finish`."""
    from classifier.artifact.text_columns import known_columns
    from classifier.evaluation.page import Page, write_page

    columns = known_columns(model)
    page = Page(
        f"other decisions of {settings.model}",
        evaluations,
        as_typed(columns[0] if len(columns) == 1 else columns),
        model,
        facts=[f"The probabilities are those of {settings.model}; only its decisions are different.", *facts],
        sizes={name: len(evaluation.scored) for name, evaluation in evaluations.items()},
        command=typed_command("decide"),
        settings=without_passwords(OmegaConf.to_yaml(OmegaConf.structured(settings))),
    )
    return write_page(report, page)


def keep_files(settings: DecideSettings, folder: Path, report: Path) -> None:
    """Copies the files of the training's report that other commands read."""
    from classifier.tracking.trained_on import report_file

    for name in (CONFIG, TRAINED_TEXTS):
        if path := report_file(name, settings.model, folder, settings.tracking):
            with whole_file(report / name) as file:
                file.write(path.read_bytes())


def work(settings: DecideSettings, output: Path) -> dict[str, Any]:
    """Runs the command with the keys of decisions that were typed."""
    typed = [override.partition("=")[0].lstrip("+~") for override in HydraConfig.get().overrides.task]
    for key in typed:
        if key in GROUPS:
            raise UserError(f"{key}={{...}}: give each of its keys by itself, such as abstain.precision=0.95.")
    return change(settings, [key for key in typed if key.partition(".")[0] in GROUPS], output)


def main() -> None:
    run_command("decide", DecideSettings, work)


if __name__ == "__main__":
    run_and_leave(main)
