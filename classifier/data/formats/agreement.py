"""Settles on one label for a text that several annotators labelled."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from classifier.settings import Agreement


def agreed(answers: Sequence[Any], rule: Agreement) -> tuple[Any, str]:
    """Returns (answer, problem) for the answers of the annotators, one or more; an answer may be a list of labels.

    >>> agreed(["spam", "ham", "spam"], Agreement.majority)
    ('spam', '')
    >>> agreed(["spam", "ham"], Agreement.majority)
    ('', "the annotators disagree: 'spam' (1), 'ham' (1)")
    """
    keys = [json.dumps(answer, sort_keys=True) for answer in answers]  # "1" and 1 are two answers
    counts = Counter(keys).most_common()
    if len(counts) > 1 and (rule is Agreement.unanimous or counts[0][1] == counts[1][1]):
        shown = ", ".join(f"{answers[keys.index(key)]!r} ({count})" for key, count in counts[:3])
        more = f" and {len(counts) - 3} more" if len(counts) > 3 else ""
        return "", f"the annotators disagree: {shown}{more}"
    return answers[keys.index(counts[0][0])], ""
