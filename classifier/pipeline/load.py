"""Loads the data of a training, with notices for the user."""

from pathlib import Path

from classifier.data import Splits, TooManyBadRows, load_splits, write_contradictions, write_rejects
from classifier.settings import TrainSettings
from classifier.tasks import refuse_impossible
from classifier.terminal import say


def load(settings: TrainSettings, output: Path) -> Splits:
    """Loads the splits, prints notices, and writes problematic rows to rejects.csv and contradictions.csv.

    Raises:
        UserError: for files that cannot be used, and if a promise needs more validation examples.
    """
    rejects = output / "report" / "rejects.csv"
    rejects.parent.mkdir(parents=True, exist_ok=True)
    try:
        splits = load_splits(settings.data, settings.seed)
    except TooManyBadRows as error:
        if not error.rejects:
            raise
        write_rejects(rejects, error.rejects)
        raise TooManyBadRows(f"{error}\nAll of them are listed in {rejects}.", error.rejects) from None
    for notice in splits.notices:
        say(notice)
    if splits.rejects:
        write_rejects(rejects, splits.rejects)
        say(f"{len(splits.rejects)} rows could not be used; reasons in {rejects}")
    if splits.contradictions:
        write_contradictions(rejects.with_name("contradictions.csv"), splits.contradictions)
    sizes = ", ".join(f"{len(part):,} {name}" for name, part in splits.parts().items())
    say(f"{settings.data.name}: {sizes} examples, {len(splits.train.label_names)} classes")
    refuse_impossible(settings.abstain, settings.export, len(splits.valid))
    return splits
