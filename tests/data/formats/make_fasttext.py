"""Writes lines, and the labels and words that fastText itself finds in them: pip install fasttext-numpy2==0.10.4."""

import json
from pathlib import Path

import fasttext

HERE = Path(__file__).parent / "fasttext"
LINES = [
    "__label__01 the lamp flickers at night",
    "__label__true\tçok iyi , thank you",
    "the label may stand __label__01 in the middle",
    "__label__true a__label__01 is a word",
    "__label__01 __label__true both apply",
    "no label at all",
    "",
    "__label__good\u00a0one a label with a space that is none here",
]


def main():
    path = HERE / "train.txt"
    path.write_text("".join(f"{line}\n" for line in LINES), encoding="utf-8")
    model = fasttext.train_supervised(str(path), epoch=1, thread=1, minCount=1, verbose=0)
    found = []
    for line in LINES:
        words, labels = model.get_line(line)
        found.append([[word for word in words if word != "</s>"], [name.removeprefix("__label__") for name in labels]])
    (HERE / "expected.json").write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
