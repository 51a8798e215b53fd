"""What the processes of `benchmarks/attention.py` run."""
