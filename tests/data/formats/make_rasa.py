"""Writes what Rasa itself reads from rasa/nlu.yml: pip install rasa==3.6.21 (Python 3.10).

nlu.yml is written by hand, as Rasa's users do; expected.json is made by Rasa's own reader.
"""

import json
from pathlib import Path

from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader

HERE = Path(__file__).parent / "rasa"


def main():
    read = RasaYAMLReader().reads((HERE / "nlu.yml").read_text(encoding="utf-8"))
    pairs = [[message.get("text"), message.get("intent")] for message in read.training_examples]
    (HERE / "expected.json").write_text(json.dumps(pairs, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
