"""Evaluates a run, a registered model or a SavedModel on any labelled file.

python -m classifier.evaluate run=<run id>
python -m classifier.evaluate run=<run id> data.test=more.csv data.text=message data.label=topic
python -m classifier.evaluate model=outputs/train/<folder>/model data=trec6
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import OmegaConf

from classifier.command_line.arguments import typed_command
from classifier.command_line.run import run_command
from classifier.errors import UserError
from classifier.leaving import run_and_leave
from classifier.progress import Stage
from classifier.settings import DataSettings, EvaluateSettings, as_typed
from classifier.settings.passwords import without_passwords
from classifier.terminal import say, show, shown_path

if TYPE_CHECKING:
    from classifier.artifact.saved_model import SavedClassifier
    from classifier.data import Loaded
    from classifier.evaluation.metrics import Evaluation
    from classifier.evaluation.page import Page


def evaluate(settings: EvaluateSettings, output: Path) -> dict[str, Any]:
    """Evaluates a model on the test split, writes the report, and returns the content of summary.json.

    Args:
        settings: settings with either `run` or `model`; if no file is named, the data of the run are used.
        output: output folder of the command.

    Raises:
        UserError: if there is no such run or model, or no usable data.
    """
    if (settings.run is None) == (settings.model is None):
        raise UserError("Give either run=<run id> or model=<folder of a SavedModel or models:/name@champion>.")
    data, seed = chosen_data(settings)

    from classifier.artifact.labelled_texts import as_in_training, check_none
    from classifier.artifact.saved_model import SavedClassifier
    from classifier.start import start_saved_models
    from classifier.tracking.models import log_folder, run_of_model
    from classifier.tracking.named_models import model_folder
    from classifier.tracking.trained_on import warn_of_trained

    named = settings.model or settings.run or ""
    folder = model_folder(named, settings.tracking)

    data = as_in_training(data, data.test, folder)
    with Stage("Starting TensorFlow"):
        start_saved_models()
    from classifier.evaluation.page import write_page
    from classifier.evaluation.promises import promises_of
    from classifier.evaluation.report import measure, resolution, results_table, summarized
    from classifier.evaluation.scored import Scored

    with Stage("Loading the model"):
        classifier = SavedClassifier(folder)
    check_none(data, classifier.none_of_these)
    loaded = test_examples(data, seed, classifier, output)
    examples, report = loaded.examples, output / "report"
    with Stage("Classifying", len(examples), "texts") as stage:
        probabilities = classifier.probabilities(examples.texts, stage.advance)
    warn_of_trained(examples.texts, named, folder, settings.tracking)
    names = list(examples.label_names)
    none, decision = classifier.none_of_these, classifier.decision
    scored = Scored(
        examples.labels, probabilities, names, examples.texts, examples.origins, decision, has_none=none is not None
    )
    evaluations = {"test": measure(report / "test", scored)}
    page = page_of(settings, data, loaded, evaluations, folder.absolute())
    sentences, promises = promises_of(evaluations)
    facts = [*([none.sentence()] if none else []), *decision.sentences(), *sentences]
    index = write_page(report, replace(page, facts=facts))
    show(results_table(evaluations))
    say(resolution("test", evaluations["test"]))
    for sentence in sentences:
        say(sentence)
    run_id = run_of_model(named, folder, settings.tracking)
    if run_id and log_folder(run_id, report, f"evaluation/{output.name}", settings.tracking):
        say(f"Run      {run_id}")
    say(f"Report   {shown_path(index)}")
    return {
        "run_id": run_id,
        "model": str(folder),
        "report": str(index),
        "metrics": summarized(evaluations),
        **promises,
    }


def page_of(
    settings: EvaluateSettings,
    data: DataSettings,
    loaded: "Loaded",
    evaluations: "dict[str, Evaluation]",
    model: Path,
) -> "Page":
    """Returns the content of the report's page."""
    from classifier.evaluation.page import Page, name_of

    return Page(
        name_of(data, loaded.files),
        evaluations,
        as_typed(data.text),
        model,
        sizes={"test": len(loaded.examples)},
        notices=loaded.notices,
        rejects=loaded.rejects,
        command=typed_command("evaluate"),
        settings=without_passwords(OmegaConf.to_yaml(OmegaConf.structured(settings))),
    )


def chosen_data(settings: EvaluateSettings) -> tuple[DataSettings, int]:
    """Returns data settings and seed of the split, from the command line if it names a file, otherwise from the run."""
    if settings.data.train is not None or settings.data.test is not None:
        return settings.data, settings.seed
    if settings.run is None:
        raise UserError("Say what to measure on: data=trec6, or data.test=file.csv.")
    from classifier.tracking.models import run_config

    config = OmegaConf.load(run_config(settings.run, settings.tracking))
    data = OmegaConf.merge(OmegaConf.structured(DataSettings), config.data)
    return OmegaConf.to_object(data), config.seed  # pyright: ignore[reportReturnType]


def test_examples(data: DataSettings, seed: int, classifier: "SavedClassifier", output: Path) -> "Loaded":
    """Returns the test split with the class numbers of the model; unusable rows are written to rejects.csv.

    Raises:
        UserError: if too many rows have labels that the model does not know.
    """
    from classifier.artifact.labelled_texts import read_labelled, report_problems
    from classifier.data import Loaded, load_splits

    if data.test is None and data.folds is not None:
        raise UserError(
            f"This run was measured by cross-validation (data.folds={data.folds}) and has no test split: name a file "
            "with data.test=."
        )
    if data.test is None:
        names, several = classifier.label_names, classifier.decision.several
        splits = load_splits(data, seed, several=several, label_names=names)
        if splits.test is None:
            raise UserError("This run has no test split (data.test_share=0): name a file with data.test=.")
        loaded = Loaded(splits.test, splits.rejects, splits.files, splits.notices)
    else:
        loaded = read_labelled(data.test, data, "test", classifier)
    report_problems(loaded, output)
    return loaded


def main() -> None:
    run_command("evaluate", EvaluateSettings, evaluate)


if __name__ == "__main__":
    run_and_leave(main)
