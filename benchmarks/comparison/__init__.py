"""The parts of `benchmarks/accuracy.py`, which compares the classifier with the usual baselines. The map:

results.py              what is compared, and what is kept of each measurement
measuring.py            a data set, method and seed in a process of its own, with its seconds and its memory
baselines.py            the program of a baseline's process: one function for each baseline
naive_bayes_svm.py      the one of them that no library has
fasttext_files.py       fastText on texts and class numbers
rows.py                 accuracy, macro F1, intervals and differences, from the predictions of each example
table.py, figure.py     docs/accuracy.md and its picture
"""
