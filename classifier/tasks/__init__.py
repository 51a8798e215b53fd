"""What an answer is: how a model decides on the probabilities of its labels."""

from classifier.tasks.decision import DECISION, NEVER, NO_DECISION, Decision
from classifier.tasks.thresholds import decide, refuse_impossible

__all__ = ["DECISION", "NEVER", "NO_DECISION", "Decision", "decide", "refuse_impossible"]
