"""The parts of `benchmarks/attention.py`: mechanisms.py runs in the processes, page.py writes what they measured."""
