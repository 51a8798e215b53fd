"""What `benchmarks/scoring.py` compares."""
