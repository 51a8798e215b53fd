"""Labels that look as programs write a missing value."""

from collections.abc import Mapping

# Of the texts that pandas reads as missing, all but None, which is a sensible name of a class
MISSING = frozenset(
    {"nan", "-nan", "na", "n/a", "#n/a", "#na", "<na>", "null", "nat", "#n/a n/a", "1.#qnan", "-1.#ind"}
)


def missing_notice(counts: Mapping[str, int]) -> list[str]:
    """Reports classes whose name is how programs write a missing value; empty if there are none.

    Args:
        counts: number of examples of each class, by name.

    >>> missing_notice({"NaN": 3, "none": 2, "other": 5})[0].partition(":")[0]
    'Classes whose name is how programs write a missing label'
    """
    found = [f"{label!r} ({count:,})" for label, count in sorted(counts.items()) if label.casefold() in MISSING]
    if not found:
        return []
    return [
        f"Classes whose name is how programs write a missing label: {', '.join(found)}. If it is one, "
        "delete these rows; otherwise give the class another name, such as 'none'."
    ]
