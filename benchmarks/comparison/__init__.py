"""The parts of `benchmarks/accuracy.py`: what is compared, the baselines, and the page."""
