"""Finds what is wrong with labelled texts: wrong labels, near-duplicates, contradictions and leaks."""
