"""HTML pages that need no other file: Jinja templates over one base, with pictures inside."""

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BASE = Path(__file__).parent


def render(template: Path, **values: Any) -> str:
    """The page of a template that extends `base.html`; whatever is put into it is escaped.

    Args:
        template: file with the blocks `style` and `content`.
        **values: its variables, among them `title`.

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
    """The picture as a PNG file."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    return stream.getvalue()


def as_address(png: bytes) -> str:
    """The picture as an address that holds it, for `<img src>`."""
    return "data:image/png;base64," + base64.b64encode(png).decode()
