"""The parts of `benchmarks/training.py`, which measures the speed of a training step. The map:

workloads.py            the texts, encoded, and the batches that every contender trains on
ours.py                 this project's training: the only place that knows it
keras_nlp_model.py      the same network from keras-nlp's layers, padded, on TensorFlow or JAX
torch_model.py          the same network from PyTorch's layers
contenders.py           who competes, and what the process of a contender is asked for
operations.py           floating-point operations of a step, and how many a second the machine can do
profiler.py             where the time of a step goes, by TensorFlow operation
measuring.py            the measurements
report.py               the blocks of docs/training_speed.md and its picture
"""
