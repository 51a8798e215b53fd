"""Finds runs that repeat each other with other seeds, and names the others by their differences."""

from collections.abc import Mapping, Sequence

from classifier.tracking.run_records import RunRecord

CODE = "code"  # key of the git commit among the settings
REFIT, SPLIT_SEED = "refit", "data.split_seed"  # a refit fixes the split seed of its trial
IGNORED = ("seed", "trainer.validation_only")  # settings in which repeats may differ
ABSENT = "-"  # value of a setting that a run does not have
LONGEST_NAME = 60


def repeats(runs: Sequence[RunRecord]) -> list[list[RunRecord]]:
    """Groups the runs whose settings and code differ only in the seed, in the order of their first runs.

    A run with a seed that the group already has starts a new group.
    """
    groups: list[list[RunRecord]] = []
    for run in runs:
        fitting = (
            group
            for group in groups
            if relevant_settings(group[0]) == relevant_settings(run)
            and seed(run) not in [seed(member) for member in group]
        )
        group = next(fitting, None)
        if group is None:
            groups.append([run])
        else:
            group.append(run)
    return groups


def relevant_settings(run: RunRecord) -> dict[str, str]:
    """Returns settings and code without the seed; refits of a sweep are distinguished from its trials."""
    kind = {REFIT: "yes" if run.kind == REFIT else "no"}
    return {**{key: value for key, value in run.settings.items() if key not in IGNORED}, CODE: run.code, **kind}


def seed(run: RunRecord) -> str:
    return run.settings.get("seed", ABSENT)


def setting_differences(groups: Sequence[Sequence[RunRecord]]) -> dict[str, list[str]]:
    """Maps each setting in which the groups differ to its value in each group."""
    by_group = [relevant_settings(group[0]) for group in groups]
    keys = dict.fromkeys(key for settings in by_group for key in settings)
    values = {key: [settings.get(key, ABSENT) for settings in by_group] for key in keys}
    return {key: by_key for key, by_key in values.items() if len(set(by_key)) > 1}


def entry_names(groups: Sequence[Sequence[RunRecord]]) -> list[str]:
    """Names each group by the settings in which it differs, if these are few, or by its first run."""
    differing = setting_differences(groups)
    if REFIT in differing:
        differing.pop(SPLIT_SEED, None)
    without_leaves = {key: values for key, values in differing.items() if key.rpartition(".")[0] not in differing}
    by_run = [group[0].name for group in groups]
    for names in (joined_settings(without_leaves, len(groups)), joined_settings(differing, len(groups)), by_run):
        if len(set(names)) == len(names) and all(0 < len(name) <= LONGEST_NAME for name in names):
            return names
    return [f"{group[0].name} {group[0].run_id[:8]}" for group in groups]


def joined_settings(settings: Mapping[str, Sequence[str]], groups: int) -> list[str]:
    """Formats the settings of each group with the last part of each key, such as `depth=2 width=64`."""
    words = {key: key.rpartition(".")[2] for key in settings}
    return [" ".join(f"{words[key]}={values[place]}" for key, values in settings.items()) for place in range(groups)]
