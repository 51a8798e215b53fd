"""Renders self-contained HTML pages: Jinja templates with a common base and embedded pictures."""

import base64
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.drawing.heat import colour_rules

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.figure import Figure

BASE = Path(__file__).parent
DPI = 150  # of all figures
JOINTS = re.compile(r"([_/=]+|[.-])(?=[^\W\d]|(?<==)\d)")  # after these, a long name may continue on the next line


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
        lstrip_blocks=True,
    )
    environment.filters["bdi"] = bdi
    environment.globals |= {"scrolling": scrolling, "picture": picture}
    return environment.get_template(template.name).render(**values, colour_rules=colour_rules())


def bdi(value: Any) -> "Markup":
    """Returns data as HTML: escaped, isolated from the direction of the text around it, with breaks in long names.

    >>> bdi("card_payment <b>")
    Markup('<bdi>card_<wbr>payment &lt;b&gt;</bdi>')
    """
    from markupsafe import Markup, escape

    return Markup("<bdi>%s</bdi>") % Markup(JOINTS.sub(r"\1<wbr>", str(escape(value))))


def scrolling(label: str, content: str) -> str:
    """Returns HTML in a box that scrolls by itself if it is too wide, with the mouse or the keyboard."""
    from markupsafe import escape

    return f'<div class="scroll" role="region" aria-label="{escape(label)}" tabindex="0">{content}</div>'


def isolated(text: str) -> str:
    """Returns data for the middle of a sentence: as `bdi`, but as plain text, with the isolates of Unicode."""
    return f"\u2068{text}\u2069"


def as_png(figure: "Figure") -> bytes:
    """Returns the figure as PNG."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    return stream.getvalue()


def picture(png: bytes, alt: str) -> "Markup":
    """Returns a PNG as HTML, at its size in inches or smaller, in a box that scrolls where it would be too small."""
    from markupsafe import Markup, escape

    width = int.from_bytes(png[16:20], "big") * 96 // DPI  # in the header; CSS has 96 pixels per inch
    address = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    image = f'<img width="{width}" src="{address}" alt="{escape(alt)}">'
    return Markup(scrolling(alt, f'<div class="picture">{image}</div>'))
