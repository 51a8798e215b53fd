"""The parts of `benchmarks/training.py`, which measures the speed of a training step. The map:

workloads.py            the texts, encoded, and the batches that every contender trains on
ours.py                 this project's training: the only place that knows it
keras_nlp_model.py      the same network from keras-nlp's layers, padded, on TensorFlow or JAX
torch_model.py          the same network from PyTorch's layers
contenders.py           who competes, what each needs, what it does
worker.py               a contender in a process of its own, told what to do by lines of JSON
operations.py           floating-point operations of a step, and how many a second the machine can do
profiler.py             where the time of a step goes, by TensorFlow operation
measuring.py            the measurements: interleaved rounds
machine.py              what was measured on: processor, versions, commit
report.py, picture.py   tables, goals, Markdown; bars
"""
