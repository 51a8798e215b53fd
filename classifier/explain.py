"""Explains the predictions of a model for a text or a file, as an HTML page and PNG pictures.

    python -m classifier.explain model=outputs/train/<folder>/model text="where is my parcel?"
    python -m classifier.explain model=models:/support@champion input=test.csv data.text=message data.label=topic

For a file, the page also has the faithfulness of the methods, the words of each class and, if the file has labels, the
most confident mistakes.
"""

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.command_line.arguments import with_quotes
from classifier.command_line.run import run_command
from classifier.leaving import run_and_leave
from classifier.progress import Stage
from classifier.settings import DataFormat, DataSettings, ExplainSettings
from classifier.terminal import counted, say, shown_path

if TYPE_CHECKING:
    from classifier.artifact.saved_model import SavedClassifier
    from classifier.explanation.explain_texts import Texts


def explain(settings: ExplainSettings, output: Path) -> dict[str, Any]:
    """Writes explanations, and returns the content of summary.json.

    Args:
        settings: checked settings of the command.
        output: output folder of the command.

    Raises:
        UserError: if there is no such model, or a file is invalid.
    """
    from classifier.tracking.models import log_folder, run_of_model
    from classifier.tracking.named_models import model_folder

    model = model_folder(settings.model, settings.tracking)
    settings = with_known_text(settings, model)
    check_input(settings)

    from classifier.start import start_saved_models

    with Stage("Starting TensorFlow"):
        start_saved_models()
    from classifier.artifact.saved_model import SavedClassifier
    from classifier.explanation.explain_texts import explain_texts
    from classifier.explanation.report import write_report
    from classifier.explanation.saved_explainer import SavedExplainer
    from classifier.explanation.text_explanation import TextExplanation

    with Stage("Loading the model"):
        classifier = SavedClassifier(model)
    explainer = SavedExplainer(classifier)
    texts = read_texts(settings, classifier, model, output)
    folder = output / "explanation"
    report = explain_texts(explainer, texts, settings.explain, settings.seed)
    with Stage("Drawing pictures"):
        page = write_report(folder, report)
    run_id = run_of_model(settings.model, model, settings.tracking)
    if run_id and log_folder(run_id, folder, f"explanation/{output.name}", settings.tracking):
        say(f"Run      {run_id}")
    if settings.text is not None:
        for text in report.texts:
            say(str(TextExplanation(text.explanation, classifier.label_names, tuple(text.answers))))
    say(f"Look at  {shown_path(page)}")
    return {"run_id": run_id, "model": str(model), "page": str(page), "texts": len(texts.texts), **report.summary()}


def with_known_text(settings: ExplainSettings, folder: Path) -> ExplainSettings:
    """Returns the settings with the text column of the model if none is named and the files have it."""
    from classifier.artifact.text_columns import with_text_columns

    if settings.input is None:
        return settings
    data, notice = with_text_columns(settings.data, settings.input, folder)
    if notice:
        say(f"{notice} data.text= names another column.")
    return replace(settings, data=data)


def check_input(settings: ExplainSettings) -> None:
    """Checks that the files exist and have the columns, before a model is loaded."""
    from classifier.data import check_columns, find_files
    from classifier.data.label_reader import label_columns

    if settings.input is not None:
        for path in find_files(settings.input):
            check_columns(
                path, settings.data, label_columns(reading(settings)) if settings.data.label is not None else []
            )


def reading(settings: ExplainSettings) -> DataSettings:
    """Returns how texts and labels are read."""
    return DataSettings(**asdict(settings.data), name="input", format=DataFormat.table, max_bad_rows=1.0)


def read_texts(settings: ExplainSettings, classifier: "SavedClassifier", model: Path, output: Path) -> "Texts":
    """Returns the text or the texts of the files, with labels if a label column is named.

    Rows that cannot be explained are counted and written to rejects.csv.
    """
    from classifier.artifact.text_columns import with_separator
    from classifier.data import read_examples, write_rejects
    from classifier.explanation.explain_texts import Texts

    if settings.text is not None:
        return Texts([settings.text], [""])
    if settings.data.label is None:
        texts, rejects = unlabelled(settings)
    else:
        names, several = classifier.label_names, classifier.decision.several
        given = with_separator(reading(settings), model) if several else reading(settings)
        loaded = read_examples(settings.input, given, split="input", several=several, label_names=names)
        for notice in loaded.notices:
            say(notice)
        found, rejects = loaded.examples, loaded.rejects
        texts = Texts(found.texts, found.origins, found.labels)
    if rejects:
        write_rejects(output / "rejects.csv", rejects)
        say(f"{counted(len(rejects), 'row')} cannot be explained; reasons in {output / 'rejects.csv'}")
    return texts


def unlabelled(settings: ExplainSettings) -> "tuple[Texts, list[Any]]":
    """Returns the texts of files without labels, and the rows without a text."""
    from classifier.data import find_files, read_texts
    from classifier.errors import UserError
    from classifier.explanation.explain_texts import Texts

    notices: list[str] = []
    files = [read_texts(path, settings.data, notices) for path in find_files(settings.input)]
    rejects = [reject for file in files for reject in file.rejects]
    texts = Texts([text for file in files for text in file.texts], [one for file in files for one in file.origins])
    if not texts.texts:
        raise UserError(f"input={settings.input}: there is no row with a text.")
    for notice in notices:
        say(notice)
    return texts, rejects


def main() -> None:
    run_command("explain", ExplainSettings, explain, lambda arguments: with_quotes(arguments, "text"))


if __name__ == "__main__":
    run_and_leave(main)
