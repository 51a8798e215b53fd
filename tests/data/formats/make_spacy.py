"""Writes documents with categories with spaCy: pip install spacy==3.8.18."""

from pathlib import Path

import spacy
from spacy.tokens import DocBin

HERE = Path(__file__).parent / "spacy"
DOCS = [
    ("The lamp flickers at night", {"01": 1.0, "true": 0.0}),
    ("çok iyi — thank you", {"true": 1.0}),
    ("Both apply", {"01": 1.0, "true": 1.0}),
    ("Neither applies", {"01": 0.0, "true": 0.0}),
    ("No one has labelled this", {}),
    ("A model was unsure of this", {"01": 0.3, "true": 0.7}),
]


def main():
    HERE.mkdir(exist_ok=True)
    nlp, documents = spacy.blank("en"), DocBin(store_user_data=True)
    for text, categories in DOCS:
        document = nlp(text)
        document.cats = categories
        documents.add(document)
    documents.to_disk(HERE / "documents.spacy")


if __name__ == "__main__":
    main()
