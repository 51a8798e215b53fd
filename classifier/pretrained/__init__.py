"""Pretrained encoders on disk, in folders of Hugging Face's layout; needs neither TensorFlow nor Keras.

`checkpoint` reads the shape and the weights of an encoder, `tokenizer_files` what its tokenizer is.
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
