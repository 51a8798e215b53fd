"""What a training prints at its end: the results, where they are, and the next commands to type."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from classifier.evaluation.metrics import Evaluation
from classifier.evaluation.report import resolution, results_table
from classifier.pipeline.job import Job
from classifier.settings.typed import as_typed, on_command_line
from classifier.terminal import say, show, shown_path
from classifier.tracking.run import Run
from classifier.tracking.views import where_to_look


def print_results(
    job: Job, evaluations: Mapping[str, Evaluation], facts: Sequence[str], page: Path, model: Path | None = None
) -> None:
    """Prints the table of results, sentences about the model, the paths, how to view the run, and what comes next."""
    state = job.training.state
    show(results_table(evaluations))
    split = list(evaluations)[-1]
    say(resolution(split, evaluations[split]))
    for fact in facts:
        say(fact)
    say(f"Best epoch {state.best_epoch} of {state.epoch}, by valid.{job.settings.trainer.monitor.name}")
    say(f"Report   {shown_path(page)}")
    if model:
        say(f"Model    {shown_path(model)}")
    if isinstance(job.run, Run):
        say(f"Run      {job.run.run_id}")
        for line in where_to_look(job.settings.tracking, job.run.show_runs()):
            say(line)
    if model:
        score, explain = next_commands(model)
        say(f"Next     {score}\n         {explain}")


def next_commands(model: Path) -> tuple[str, str]:
    """Returns the commands that score a file with the model and explain a text, quoted for Hydra and the shell.

    The model knows the column of its texts.

    Args:
        model: folder of the model, or of its training.
    """
    folder = model.parent if model.name == "model" else model
    path = shown_path(folder)
    named = f"model={path}" if as_typed(path) == path else on_command_line("model", path)
    return f"classifier score {named} input=new.csv output=scored.csv", f'classifier explain {named} text="..."'
