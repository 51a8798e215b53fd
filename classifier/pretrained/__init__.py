"""Reads pretrained encoders from folders in Hugging Face's layout; imports neither TensorFlow nor Keras.

`checkpoint` reads the configuration and the weights of an encoder, and `tokenizer_files` its tokenizer.
"""

from classifier.pretrained.checkpoint import Checkpoint, CheckpointConfig, CheckpointWeights, find_checkpoint
from classifier.pretrained.tokenizer_files import SUFFIX, BertFiles, read_bert_files

__all__ = [
    "SUFFIX",
    "BertFiles",
    "Checkpoint",
    "CheckpointConfig",
    "CheckpointWeights",
    "find_checkpoint",
    "read_bert_files",
]
