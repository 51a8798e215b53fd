"""Descriptions of runs, sweeps and versions, which MLflow's interface shows as Markdown."""

import re
from html import escape

NOTE = "mlflow.note.content"  # tag of a run: its description


def as_markdown(text: str) -> str:
    """Escapes plain text for Markdown.

    >>> as_markdown("poolings=[mean,max]")
    'poolings=\\\\[mean,max\\\\]'
    """
    return re.sub(r"([\\`*_{}\[\]#|~!])", r"\\\1", escape(text, quote=False))
