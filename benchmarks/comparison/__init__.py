"""The parts of `benchmarks/accuracy.py`, which compares the classifier with the usual baselines. The map:

cases.py                what is compared, and how a case is measured
baselines.py            one function for each baseline; runs in the process of the baseline
naive_bayes_svm.py      the only baseline that no library has
fasttext_files.py       fastText on texts and class numbers
rows.py                 accuracy, macro F1, intervals and differences, from the predictions of each example
page.py, figure.py      the blocks of docs/accuracy.md and its picture
"""
