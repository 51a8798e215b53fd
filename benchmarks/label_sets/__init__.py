"""The parts of decisions.py."""
