"""Renders self-contained HTML pages: Jinja templates with a common base and embedded pictures."""

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BASE = Path(__file__).parent


def render(template: Path, **values: Any) -> str:
    """Renders a template that extends `base.html`; all values are escaped.

    Args:
        template: template file with the blocks `style` and `content`.
        **values: variables of the template, including `title`.

    Raises:
        jinja2.UndefinedError: if the template uses a variable that is not given.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([template.parent, BASE]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template(template.name).render(**values)


def as_png(figure: "Figure") -> bytes:
    """Returns the figure as PNG."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    return stream.getvalue()


def as_address(png: bytes) -> str:
    """Returns the picture as a data URL for `<img src>`."""
    return "data:image/png;base64," + base64.b64encode(png).decode()
