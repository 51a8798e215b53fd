"""Takes the picture of a report for the README, with Chromium (in Debian: apt-get install chromium chromium-driver).

    python benchmarks/pictures.py

Trains on the embedded corpus with default settings, unless --output already has that training, and writes
docs/pictures/report.png.
"""

import subprocess
import sys

from harness.browser import Browser
from harness.project import ROOT, door

WIDTH, HEIGHT = 1000, 1180  # pixels


def main() -> None:
    options = door(__doc__, "pictures").parse_args()
    training = (options.output / "training").absolute()
    page = training / "report" / "index.html"
    if not page.exists():
        settings = [f"hydra.run.dir={training}", "tracking.enabled=false"]
        subprocess.run([sys.executable, "-m", "classifier.train", *settings], cwd=ROOT, check=True)
    with Browser() as browser:
        browser.look(WIDTH, height=HEIGHT)
        browser.open(page)
        browser.picture(options.docs / "pictures" / "report.png")


if __name__ == "__main__":
    main()
