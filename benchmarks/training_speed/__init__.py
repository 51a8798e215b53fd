"""The parts of `benchmarks/training.py`: what is trained on, who trains it, and the report."""
