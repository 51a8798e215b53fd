"""What all benchmarks share; it imports little, as a measured process inherits the peak memory of its parent.

workers.py      contenders in processes of their own, measured in turn; commands with their seconds and memory
results.py      a result.json for each case: an interrupted measurement continues
machine.py      what a measurement was made on
markdown.py     tables, medians with their range, and the marked blocks of a page
project.py      the repository: its folders, its settings and its embedded corpus
"""
