"""The parts of audit.py."""
