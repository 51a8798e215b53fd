"""Detects from the first lines of a CSV or TSV file what quotation marks mean."""

from collections.abc import Sequence
from dataclasses import replace

from classifier.data.records import NEVER_CLOSED, Dialect, read_records
from classifier.settings import Quotes

SAMPLE = 2**20  # characters that are examined; constant, so that all commands, also those with a pipe, decide alike
OPEN_LINES = 1000  # maximum lines of an unfinished record at the end of the sample
UNQUOTED = "\t|"  # delimiters of files that are often written without quoting, because they are rare in texts


def decide(lines: Sequence[str], delimiter: str, cut: bool = False) -> Quotes:
    r"""Returns the meaning of quotation marks that loses the fewest lines.

    If the first line encloses all of its fields in marks, marks enclose fields. If both double and none read all
    lines, the fields decide: a mark inside an unquoted field, or a column in which only some fields are quoted although
    none of them needs it, indicates that marks are part of the text.

    Args:
        lines: first lines of the file.
        delimiter: character between fields.
        cut: whether the file continues after these lines.

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
    if delimiter in UNQUOTED and not _all_quoted(lines[0], delimiter):
        lost[Quotes.none] = _lost(lines, replace(double, quotes=Quotes.none))
    best = min(lost, key=lambda quotes: lost[quotes])
    if best is Quotes.double and lost.get(Quotes.none) == lost[best] and _are_text(lines, delimiter):
        return Quotes.none
    return best


def _all_quoted(line: str, delimiter: str) -> bool:
    """Whether each field of the line is enclosed in marks, as writers do that quote every field."""
    fields = line.rstrip("\r\n").split(delimiter)
    return all(len(field) > 1 and field[0] == field[-1] == '"' for field in fields)


def swallows(lines: Sequence[str], width: int, delimiter: str) -> bool:
    """Whether a record of these lines may be several rows: each line is a complete row if quotes are text."""
    return width > 1 and len(lines) > 1 and all(line.count(delimiter) == width - 1 for line in lines)


def _before_the_cut(lines: Sequence[str], dialect: Dialect) -> Sequence[str]:
    """Returns the lines without a last record that may continue after them."""
    for number, _, problem, _ in read_records(iter(lines), dialect):
        if problem.startswith(NEVER_CLOSED) and len(lines) - number < OPEN_LINES:
            return lines[: number - 1] or lines
    return lines


def _lost(lines: Sequence[str], dialect: Dialect) -> int:
    """Counts the lines that cannot be read as rows as wide as the header, or may be swallowed by another row."""
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
    """Whether the fields indicate that marks are part of the text; called if no line needs them as quotes."""
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
    # Spreadsheets also quote fields with a comma; writers that quote a whole column leave no unquoted field in it.
    mixed = [place for place in quoted if len(bare.get(place, [])) > 1]
    return any("," not in field for place in mixed for field in quoted[place])
