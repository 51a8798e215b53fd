"""The parts of few_labels.py."""
