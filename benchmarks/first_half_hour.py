"""Follows a newcomer from a clean clone to a scored file, and writes what is shown to docs/first_half_hour.md.

python benchmarks/first_half_hour.py        # about ten minutes on two cores

Fails if a command is silent for more than three seconds, shows a line that is wider than the terminal, or ends with
another exit code than expected. Lines that are copied (paths, addresses, commands) may be wider.
"""

import csv
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from harness.markdown import write_blocks
from harness.project import ROOT, door
from harness.terminal import Shown, run_in_terminal

MOST_SILENCE = 3.0  # seconds
COPIED = re.compile(
    r"^[A-Z][a-z]+( [a-z]+)? {2,}|^ +classifier "
)  # a line with a label, or a command on a line of its own
TOPICS = ("billing", "delivery", "feedback")
SPELLINGS = (str, str, str, str.capitalize, str.upper)  # of the labels, in turn
TEXTS = 40
LENGTHS = range(30, 120)  # characters


@dataclass(frozen=True, slots=True)
class Step:
    """A command that the newcomer types.

    Args:
        name: name of the block in the page.
        typed: the command.
        code: expected exit code.
    """

    name: str
    typed: str
    code: int = 0


STEPS = (
    Step("file", "head -4 tickets.csv"),
    Step("typo", "classifier tran tickets.csv", code=2),
    Step("train", "classifier train tickets.csv encoder=tiny"),
    Step("key", "classifier train tickets.csv encoder=tiny data.lable_case=fold", code=2),
    Step("fold", "classifier train tickets.csv encoder=tiny data.label_case=fold data.folds=5"),
    Step("explain", 'classifier explain model=latest text="where is my parcel?"'),
    Step("wrong", "classifier score model=latest input=new.cvs output=scored.csv", code=2),
    Step("score", "classifier score model=latest input=new.csv output=scored.csv"),
    Step("scored", "head -4 scored.csv"),
)


def main() -> None:
    settings = door(__doc__, "first_half_hour").parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clone, work = folder / "classifier", folder / "work"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        programs = make_programs(folder / "bin")
        write_files(work)
        environment = {**os.environ, "PYTHONPATH": str(clone), "PATH": f"{programs}:{os.environ['PATH']}"}
        blocks, problems = {}, []
        for step in STEPS:
            print(f"$ {step.typed}", flush=True)
            shown = run_in_terminal(["bash", "-c", step.typed], work, environment)
            blocks[step.name] = block(step, shown, work)
            problems += problems_of(step, shown)
            print(blocks[step.name], *problems_of(step, shown), sep="\n", flush=True)
    write_blocks(settings.docs / "first_half_hour.md", blocks)
    sys.exit("\n".join(problems) or None)


def make_programs(folder: Path) -> Path:
    """Creates a folder with the command `classifier`, as the installation does."""
    folder.mkdir()
    program = folder / "classifier"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m classifier "$@"\n')
    program.chmod(0o755)
    return folder


def write_files(folder: Path) -> None:
    """Writes tickets.csv and new.csv as Excel does where a comma is the decimal sign, with blank lines."""
    folder.mkdir()
    with (ROOT / "classifier/data/embedded/train.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if len(row["text"]) in LENGTHS]
    of_topic = {topic: [row["text"] for row in rows if row["label"] == topic] for topic in TOPICS}
    texts = [(of_topic[topic][place], topic) for place in range(TEXTS) for topic in TOPICS]
    spelled = [(text, SPELLINGS[place % 5](topic)) for place, (text, topic) in enumerate(texts[:TEXTS])]
    write_excel(folder / "tickets.csv", [("Message", "Topic"), *spelled])
    write_excel(folder / "new.csv", [("Message",), *((text,) for text, _ in texts[TEXTS : 2 * TEXTS])])


def write_excel(path: Path, rows: list[tuple[str, ...]]) -> None:
    """Writes rows with a byte order mark, semicolons and a blank line after every tenth row."""
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file, delimiter=";")
        for place, row in enumerate(rows):
            writer.writerow(row)
            if place % 10 == 9:
                file.write("\r\n")


def block(step: Step, shown: Shown, folder: Path) -> str:
    """Returns the command and what it left on the screen, without paths of this machine."""
    text = "\n".join(shown.lines).strip("\n").replace(f"{folder}/", "").replace(str(folder.parent), "~")
    return f"```\n$ {step.typed}\n{text.lstrip(chr(0xFEFF))}\n```"


def problems_of(step: Step, shown: Shown) -> list[str]:
    """Returns sentences about what a newcomer should not see."""
    found = []
    if shown.code != step.code:
        found.append(f"{step.typed}: exit code {shown.code}")
    if not step.typed.startswith("classifier"):
        return found
    if shown.silence > MOST_SILENCE:
        found.append(f"{step.typed}: silent for {shown.silence:.1f} s after: {shown.before_silence}")
    return found + [f"{step.typed}: too wide: {line}" for line in shown.long_lines if not COPIED.search(line)]


if __name__ == "__main__":
    main()
