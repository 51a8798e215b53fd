"""A scale of colours for the cells and words of pages: blue for positive values, orange for negative values."""

LEVELS = 12  # per colour
DARKEST = 0.72  # opacity at which letters are still readable, on light and on dark paper


def colour_rules() -> str:
    """Returns the CSS of the scale: f1 to f12 for positive values, a1 to a12 for negative values."""
    return "\n".join(
        f".{letter}{level} {{ background: rgba(var(--{name}), {DARKEST * level / LEVELS:.2f}); }}"
        for letter, name in (("f", "for"), ("a", "against"))
        for level in range(1, LEVELS + 1)
    )


def level(value: float, limit: float) -> str:
    """Returns the CSS class of a value on a scale from -limit to limit; "" if the value is almost zero.

    >>> level(0.5, 1.0), level(-2.0, 1.0), level(0.0, 0.0)
    ('f6', 'a12', '')
    """
    step = round(LEVELS * min(1.0, abs(value) / limit)) if limit > 0 else 0
    return f"{'f' if value > 0 else 'a'}{step}" if step else ""
