"""Reads pretrained encoders from folders in Hugging Face's layout; imports neither TensorFlow nor Keras.

`checkpoint` reads the configuration and the weights of an encoder, and `tokenizer_files` its tokenizer.
"""

from classifier.pretrained.bert_files import SUFFIX, BertFiles
from classifier.pretrained.byte_pair_files import BytePairFiles, byte_letters
from classifier.pretrained.character_map import Mapped
from classifier.pretrained.checkpoint import Checkpoint, CheckpointConfig, CheckpointWeights, find_checkpoint
from classifier.pretrained.tokenizer_files import TokenizerFiles, read_tokenizer
from classifier.pretrained.unigram_files import Replaced, UnigramFiles

__all__ = [
    "SUFFIX",
    "BertFiles",
    "BytePairFiles",
    "Checkpoint",
    "CheckpointConfig",
    "CheckpointWeights",
    "Mapped",
    "Replaced",
    "TokenizerFiles",
    "UnigramFiles",
    "byte_letters",
    "find_checkpoint",
    "read_tokenizer",
]
