"""What an answer is: one label per text or several, its probability, and how a model decides on it."""

from typing import TYPE_CHECKING

from classifier.tasks.decision import DECISION, NEVER, NO_DECISION, Decision
from classifier.tasks.none_of_these import NoneOfThese
from classifier.tasks.promises import with_promises
from classifier.tasks.task import Task
from classifier.tasks.thresholds import decide, refuse_impossible, refuse_labels

if TYPE_CHECKING:
    from classifier.tasks.multi_label import MultiLabel
    from classifier.tasks.single_label import SingleLabel

__all__ = [
    "DECISION",
    "NEVER",
    "NO_DECISION",
    "Decision",
    "NoneOfThese",
    "Task",
    "decide",
    "make_task",
    "refuse_impossible",
    "refuse_labels",
    "with_promises",
]


def make_task(several: bool) -> "SingleLabel | MultiLabel":
    """Returns the task; imports TensorFlow.

    Args:
        several: whether a text can have several labels, or none.
    """
    from classifier.tasks.multi_label import MultiLabel
    from classifier.tasks.single_label import SingleLabel

    return MultiLabel() if several else SingleLabel()
