"""Named classes: mapping labels to classes, and notices about different spellings of a label."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from classifier.data.labels import canonical_label, clean_label, folded_label


class KnownClasses:
    """The classes of a training split or of a model, to which labels that are read later are mapped.

    Args:
        names: names of the classes.
        fold: whether to match a label with a class whose name differs only in case or whitespace.
    """

    def __init__(self, names: Iterable[str], *, fold: bool = False) -> None:
        self.names = tuple(names)
        self._fold = fold
        self._found: dict[str, str | None] = {name: name for name in self.names}
        self._by_value = _only(self.names, canonical_label)
        self._by_fold = _only(self.names, folded_label)
        self._listed = listed(self.names)

    def find(self, label: str) -> str | None:
        """Returns the name of the class of a cleaned label, or None if there is no such class."""
        if label not in self._found:
            near = self._by_value.get(canonical_label(label))
            self._found[label] = near or (self.near(label) if self._fold else None)
        return self._found[label]

    def near(self, label: str) -> str | None:
        """Returns the class whose name differs from the label only in case, whitespace or invisible characters."""
        return self._by_fold.get(folded_label(label))

    def problem(self, label: str) -> str:
        """Explains why a row with this label cannot be used, and lists the known labels."""
        near = self.near(label)
        hint = f"but {near!r} does; data.label_case=fold joins them" if near else f"which has {self._listed}"
        return f"label {label[:80]!r} does not occur in train, {hint}"


def joined_notice(counts: Mapping[str, int], names: Mapping[str, str]) -> list[str]:
    """Reports which labels were merged into one class; empty if each class has a single spelling.

    Args:
        counts: number of occurrences of each label.
        names: name of the class of each label.
    """
    joined = [f"{_counted(group, counts)} are {names[group[0]]!r}" for group in _alike(counts, names.__getitem__)]
    return [f"Labels spelled in several ways: {_first(joined, '; ')}."] if joined else []


def near_notice(counts: Mapping[str, int]) -> list[str]:
    """Lists the classes that differ only in case, whitespace or invisible characters, and explains how to merge them.

    Args:
        counts: number of examples of each class, by name.
    """
    near = [_counted(group, counts) for group in _alike(counts, folded_label)]
    if not near:
        return []
    return [
        "Different classes whose names differ only in case, blanks or invisible marks: "
        f"{_first(near, '; ')}. data.label_case=fold joins them."
    ]


def listed(labels: Sequence[str]) -> str:
    """Returns the first few labels in quotes, followed by the number of the remaining labels.

    >>> listed(["a", "b"])
    "'a', 'b'"
    """
    return _first([f"{label[:80]!r}" for label in labels], ", ")


def _first(items: Sequence[str], separator: str, most: int = 5) -> str:
    return separator.join(items[:most]) + (f" and {len(items) - most:,} more" if len(items) > most else "")


def _alike(labels: Iterable[str], key: Callable[[str], str]) -> list[list[str]]:
    """Groups the labels that share a key with another label."""
    groups: dict[str, list[str]] = {}
    for label in sorted(labels):
        groups.setdefault(key(label), []).append(label)
    return [group for group in groups.values() if len(group) > 1]


def _counted(labels: Iterable[str], counts: Mapping[str, int]) -> str:
    return " and ".join(f"{label[:80]!r} ({counts[label]:,})" for label in labels)


def _only(names: Iterable[str], key: Callable[[str], str]) -> dict[str, str]:
    """Maps keys to names, without keys that several names share."""
    names_of: dict[str, list[str]] = {}
    for name in names:
        names_of.setdefault(key(clean_label(name)), []).append(name)
    return {found: group[0] for found, group in names_of.items() if len(group) == 1}
