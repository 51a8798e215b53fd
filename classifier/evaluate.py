"""Evaluates a run, a registered model or a SavedModel on any labelled file.

python -m classifier.evaluate run=<run id>
python -m classifier.evaluate run=<run id> data.test=more.csv data.text=message data.label=topic
python -m classifier.evaluate model=outputs/train/<folder>/model data=trec6
"""

from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from classifier.command_line.run import run_command
from classifier.errors import UserError
from classifier.settings import DataSettings, EvaluateSettings
from classifier.terminal import say, show


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

    from classifier.artifact.saved_model import SavedClassifier, local_folder
    from classifier.start import start_saved_models
    from classifier.tracking.models import find_model

    folder = (settings.model and local_folder(settings.model)) or find_model(
        settings.model or settings.run or "", settings.tracking
    )

    start_saved_models()
    from classifier.evaluation.report import measure, results_table, summarized
    from classifier.evaluation.scored import Scored

    classifier = SavedClassifier(folder)
    examples = test_examples(data, seed, classifier.label_names, output)
    probabilities = classifier.probabilities(examples.texts)
    report = output / "report" / "test"
    names = list(examples.label_names)
    scored = Scored(examples.labels, probabilities, names, examples.texts, examples.origins, classifier.decision)
    evaluations = {"test": measure(report, scored)}
    show(results_table(evaluations))
    say(f"Tables and pictures: {report}")
    return {"run_id": settings.run, "model": str(folder), "metrics": summarized(evaluations)}


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


def test_examples(data: DataSettings, seed: int, label_names: tuple[str, ...], output: Path):
    """Returns the test split with the class numbers of the model; unusable rows are written to rejects.csv.

    Raises:
        UserError: if too many rows have labels that the model does not know.
    """
    from classifier.data import load_splits, read_examples, write_rejects

    if data.test is None:
        splits = load_splits(data, seed, label_names=label_names)
        if splits.test is None:
            raise UserError("This run has no test split (data.test_share=0): name a file with data.test=.")
        examples, rejects, notices = splits.test, splits.rejects, splits.notices
    else:
        loaded = read_examples(data.test, data, split="test", label_names=label_names)
        examples, rejects, notices = loaded.examples, loaded.rejects, loaded.notices
    for notice in notices:
        say(notice)
    if rejects:
        path = output / "report" / "rejects.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_rejects(path, rejects)
        say(f"{len(rejects)} rows could not be used; reasons in {path}")
    return examples


def main() -> None:
    run_command("evaluate", EvaluateSettings, evaluate)


if __name__ == "__main__":
    main()
