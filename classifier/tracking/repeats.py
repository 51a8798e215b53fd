"""Which of the runs are repeats of each other, in what the others differ, and what to call them."""

from collections.abc import Mapping, Sequence

from classifier.tracking.run_records import RunRecord

CODE = "code"  # among the settings: the git commit
REFIT, SPLIT_SEED = "refit", "data.split_seed"  # a refit names the seed by which its trial split the data
NO_DIFFERENCE = ("seed", "trainer.validation_only")  # between repeats: what is learned is the same
ABSENT = "-"  # of a setting that a run does not have
LONGEST_NAME = 60


def repeats(runs: Sequence[RunRecord]) -> list[list[RunRecord]]:
    """Groups of runs whose settings and code differ in the seed alone, in the order of their first runs.

    A run whose seed the group has already is no repeat with another seed, and begins a group of its own.
    """
    groups: list[list[RunRecord]] = []
    for run in runs:
        fitting = (
            group
            for group in groups
            if decisive(group[0]) == decisive(run) and seed(run) not in [seed(one) for one in group]
        )
        group = next(fitting, None)
        if group is None:
            groups.append([run])
        else:
            group.append(run)
    return groups


def decisive(run: RunRecord) -> dict[str, str]:
    """The settings and the code, without the seed; refits of a sweep are no repeats of its trials."""
    kind = {REFIT: "yes" if run.kind == REFIT else "no"}
    return {**{key: value for key, value in run.settings.items() if key not in NO_DIFFERENCE}, CODE: run.code, **kind}


def seed(run: RunRecord) -> str:
    return run.settings.get("seed", ABSENT)


def setting_differences(groups: Sequence[Sequence[RunRecord]]) -> dict[str, list[str]]:
    """Each setting in which the groups differ -> its value in each of them."""
    of_groups = [decisive(group[0]) for group in groups]
    keys = dict.fromkeys(key for one in of_groups for key in one)
    values = {key: [one.get(key, ABSENT) for one in of_groups] for key in keys}
    return {key: of_key for key, of_key in values.items() if len(set(of_key)) > 1}


def entry_names(groups: Sequence[Sequence[RunRecord]]) -> list[str]:
    """A name for each group: the settings that it has for itself, where they are few, or that of its first run."""
    differing = setting_differences(groups)
    if REFIT in differing:
        differing.pop(SPLIT_SEED, None)
    without_leaves = {key: values for key, values in differing.items() if key.rpartition(".")[0] not in differing}
    by_run = [group[0].name for group in groups]
    for names in (joined(without_leaves, len(groups)), joined(differing, len(groups)), by_run):
        if len(set(names)) == len(names) and all(0 < len(name) <= LONGEST_NAME for name in names):
            return names
    return [f"{group[0].name} {group[0].run_id[:8]}" for group in groups]


def joined(settings: Mapping[str, Sequence[str]], groups: int) -> list[str]:
    """For each group its settings by their last words, as `depth=2 width=64`."""
    words = {key: key.rpartition(".")[2] for key in settings}
    return [" ".join(f"{words[key]}={values[place]}" for key, values in settings.items()) for place in range(groups)]
