"""Speed of a training step: this project against keras-nlp, PyTorch and JAX, and against the machine itself.

    CLASSIFIER_DATA=<folder> python benchmarks/training.py [--profile] [--lengths] [--sizes]
    python benchmarks/training.py --only --profile       # one part
    python benchmarks/training.py --only --contenders ours torch
    python benchmarks/training.py --only                 # nothing: only writes the page and its picture

Every contender trains the same network on the same examples; the tables show medians. A part has its result.json in the
output folder; delete it to measure the part again. Writes the marked blocks of docs/training_speed.md, and
docs/pictures/training_speed.png. PyTorch and JAX come with `pip install -e ".[bench]"`; what is missing is reported and
left out. The machine should have nothing else to do.
"""

from functools import partial

from harness.markdown import write_blocks
from harness.project import door
from harness.results import kept, read
from training_speed import report
from training_speed.contenders import CONTENDERS
from training_speed.measuring import PARTS

LENGTHS = [32, 64, 128, 256, 512]  # tokens of a text
SIZES = [1_000, 3_000, 10_000, 30_000, 60_000]  # examples of an epoch


def main() -> None:
    """Measures the parts that are asked for, then writes all that have ever been measured."""
    parser = door(__doc__, "training_speed")
    parser.add_argument("--contenders", nargs="*", choices=list(CONTENDERS), help="to compare; without names all")
    parser.add_argument("--products", action="store_true", help="how near matrix products come to the machine's peak")
    parser.add_argument("--only", action="store_true", help="no contenders, no products unless asked for")
    parser.add_argument("--profile", action="store_true", help="where the time of a step goes")
    parser.add_argument("--lengths", type=int, nargs="*", help=f"speed by tokens of a text; without numbers {LENGTHS}")
    parser.add_argument("--sizes", type=int, nargs="*", help=f"epoch by examples; without numbers {SIZES}")
    parser.add_argument("--data", nargs="+", default=["sst2", "banking77", "imdb"], help="names of conf/data/")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, help="of a round; without it 60, for imdb 20")
    options = parser.parse_args()
    asked = {name for name in PARTS if getattr(options, name) not in (None, False)}
    asked |= set() if options.only else {"contenders", "products"}
    options.lengths, options.sizes = options.lengths or LENGTHS, options.sizes or SIZES
    results = {}
    for name, measure in PARTS.items():
        folder = options.output / name
        depends = {one: getattr(options, one) for one in ("rounds", "steps", "data", name)}
        results[name] = kept(folder, depends, partial(measure, options)) if name in asked else read(folder)
    found = {name: result for name, result in results.items() if result}
    blocks = report.blocks(found)
    print("\n\n".join(blocks.values()))
    write_blocks(options.docs / "training_speed.md", blocks)
    if found.get("contenders", {}).get("found"):
        report.bars(found["contenders"]["found"]).savefig(options.docs / "pictures" / "training_speed.png")


if __name__ == "__main__":
    main()
