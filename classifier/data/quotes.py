"""What quotation marks mean in a CSV or TSV file, decided from how its first lines read."""

from collections.abc import Sequence
from dataclasses import replace

from classifier.data.records import NEVER_CLOSED, Dialect, read_records
from classifier.settings import Quotes

SAMPLE = 2**20  # characters from which it is decided, so that it is the same for every command and from a pipe
OPEN_LINES = 1000  # that a record at the end of the sample may have had so far
UNQUOTED = "\t|"  # delimiters of files that are often written without quoting: few texts hold them


def decide(lines: Sequence[str], delimiter: str, cut: bool = False) -> Quotes:
    r"""The way of reading that loses the fewest lines.

    Between double and none, where both read all lines, the fields decide: a mark inside a field that is not quoted, or
    some quoted fields among others that need quotes as little, are marks of the text.

    Args:
        lines: the first of the file.
        delimiter: between fields.
        cut: whether the file goes on after them.

    >>> decide(["label\ttext\n", 'a\t"not closed\n', "b\tfine\n"], "\t")
    <Quotes.none: 'none'>
    """
    if not any('"' in line for line in lines):
        return Quotes.double
    double = Dialect(delimiter, Quotes.double)
    lines = _before_the_cut(lines, double) if cut else lines
    lost = {Quotes.double: _lost(lines, double)}
    if any('\\"' in line for line in lines):
        lost[Quotes.backslash] = _lost(lines, replace(double, quotes=Quotes.backslash))
    if delimiter in UNQUOTED:
        lost[Quotes.none] = _lost(lines, replace(double, quotes=Quotes.none))
    best = min(lost, key=lambda quotes: lost[quotes])
    if best is Quotes.double and lost.get(Quotes.none) == lost[best] and _are_text(lines, delimiter):
        return Quotes.none
    return best


def swallows(lines: Sequence[str], width: int, delimiter: str) -> bool:
    """Whether a record of these lines may be several rows: each would be a full one if quotes were text."""
    return width > 1 and len(lines) > 1 and all(line.count(delimiter) == width - 1 for line in lines)


def _before_the_cut(lines: Sequence[str], dialect: Dialect) -> Sequence[str]:
    """The lines but for a record at their end that may go on after them."""
    for number, _, problem, _ in read_records(iter(lines), dialect):
        if problem.startswith(NEVER_CLOSED) and len(lines) - number < OPEN_LINES:
            return lines[: number - 1] or lines
    return lines


def _lost(lines: Sequence[str], dialect: Dialect) -> int:
    """How many lines cannot be read as rows of the header's width, or may be swallowed by another row."""
    lost, width = 0, 0
    for _, cells, problem, taken in read_records(iter(lines), dialect):
        width = width or len(cells)
        if (
            problem
            or len(cells) != width
            or (dialect.delimiter in UNQUOTED and swallows(taken, width, dialect.delimiter))
        ):
            lost += len(taken)
    return lost


def _are_text(lines: Sequence[str], delimiter: str) -> bool:
    """Whether the fields themselves tell that marks belong to the text, where no line needs them as quotes."""
    inside = doubled = 0
    quoted: dict[int, list[str]] = {}
    bare: dict[int, list[str]] = {}
    for line in lines:
        for place, field in enumerate(line.rstrip("\r\n").split(delimiter)):
            inner = field[1:-1]
            if not (len(field) > 1 and field[0] == field[-1] == '"'):
                inside += '"' in field
                if field:
                    bare.setdefault(place, []).append(field)
            elif '"' in inner.replace('""', ""):
                inside += 1
            else:
                doubled += '""' in inner
                quoted.setdefault(place, []).append(field)
    if inside or doubled:
        return inside > doubled
    # A spreadsheet also quotes what has a comma; a writer that quotes a whole column leaves no other field in it.
    mixed = [place for place in quoted if len(bare.get(place, [])) > 1]
    return any("," not in field for place in mixed for field in quoted[place])
