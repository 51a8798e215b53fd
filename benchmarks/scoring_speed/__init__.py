"""What `benchmarks/scoring.py` compares, each in a process of its own."""
