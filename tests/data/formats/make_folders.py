"""Writes folders of texts, and what scikit-learn's load_files reads from them: pip install scikit-learn==1.9.1."""

import json
from pathlib import Path

from sklearn.datasets import load_files

HERE = Path(__file__).parent / "folders"
TEXTS = {
    "01/a.txt": "The lamp flickers at night\n",
    "01/b.txt": "Line one,\nline two of a note",
    "true/10.txt": "çok iyi — thank you",
    "true/9.txt": "No one is at home\r\nSee you",
}


def main():
    for name, text in TEXTS.items():
        path = HERE / "texts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    found = load_files(HERE / "texts", encoding="utf-8", shuffle=False)
    pairs = [[text, found.target_names[target]] for text, target in zip(found.data, found.target, strict=True)]
    (HERE / "expected.json").write_text(json.dumps(pairs, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
