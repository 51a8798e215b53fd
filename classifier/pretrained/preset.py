"""Reads presets of keras-nlp (keras-hub): folders with config.json, model.weights.h5 and tokenizer.json.

Configuration and tensors are given the names of Hugging Face's layout, so that the rest is as for such a folder.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from classifier.errors import UserError
from classifier.pretrained import bert_files, byte_pair_files
from classifier.pretrained.bert_files import BertFiles
from classifier.pretrained.byte_pair_files import BytePairFiles
from classifier.pretrained.json_files import section, shown, value_of

PACKAGES = ("keras_hub>", "keras_nlp>")  # how registered names begin
ASSETS = Path("assets") / "tokenizer"
BACKBONES = {  # what a preset does not say, because its class does
    "BertBackbone": {"model_type": "bert", "activation": "gelu_new", "layer_norm_eps": 1e-12},
    "DistilBertBackbone": {"model_type": "distilbert", "activation": "gelu"},
    "RobertaBackbone": {"model_type": "roberta", "activation": "gelu", "layer_norm_eps": 1e-5},
}
SIZES = {"width": "hidden_dim", "depth": "num_layers", "num_heads": "num_heads", "intermediate_dim": "intermediate_dim"}
LAYERS = {  # of a block, by our names
    "query": "_self_attention_layer/query_dense",
    "key": "_self_attention_layer/key_dense",
    "value": "_self_attention_layer/value_dense",
    "output": "_self_attention_layer/output_dense",
    "attention_norm": "_self_attention_layer_norm",
    "expand": "_feedforward_intermediate_dense",
    "contract": "_feedforward_output_dense",
    "feed_forward_norm": "_feedforward_layer_norm",
}
KINDS = {"float16": "F16", "float32": "F32", "float64": "F64"}


def is_preset(found: Mapping[str, Any]) -> bool:
    """Whether the object of config.json or tokenizer.json is that of a preset."""
    return str(found.get("registered_name", "")).startswith(PACKAGES)


def as_transformers(path: Path, found: Mapping[str, Any], keys: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Returns the configuration of a preset as in a config.json of transformers.

    Args:
        path: config.json.
        found: its object.
        keys: keys of transformers by architecture, with our names.

    Raises:
        UserError: if the backbone is not supported.
    """
    name, config = found.get("class_name"), section(path, found, "config")
    if not isinstance(name, str) or name not in BACKBONES:
        raise UserError(
            f"{path}: the preset is a {shown(name)}; presets are supported for {', '.join(BACKBONES)}, and other "
            "architectures in Hugging Face's layout."
        )
    fixed = BACKBONES[name]
    theirs = keys[fixed["model_type"]]
    sizes = {theirs[ours]: config.get(key) for ours, key in SIZES.items() if key in config}
    others = {"vocab_size": "vocabulary_size", "max_position_embeddings": "max_sequence_length"}
    sizes |= {key: config.get(given) for key, given in others.items() if given in config}
    return {**fixed, theirs["activation"]: fixed["activation"], **sizes}


class PresetTensors:
    """The tensors of a preset by the names of transformers, with the interface of a file of safetensors.

    Args:
        file: the open file of weights.
        sources: names in the file.
    """

    def __init__(self, file: Any, sources: Mapping[str, str]) -> None:
        self.file = file
        self.sources = {name: source for name, source in sources.items() if source in file}

    def keys(self) -> Iterable[str]:
        return self.sources.keys()

    def get_tensor(self, name: str) -> np.ndarray:
        """Returns a tensor; kernels have a dimension of heads in the file, and transformers transposes them."""
        values = np.asarray(self.file[self.sources[name]][()])
        if values.ndim < 2 or "embedding" in self.sources[name]:
            return values
        if "attention" not in self.sources[name] or name.endswith("bias"):
            return np.ascontiguousarray(values.T) if name.endswith("weight") else values.reshape(-1)
        rows = values.shape[0] * values.shape[1] if "/output_dense/" in self.sources[name] else values.shape[0]
        return np.ascontiguousarray(values.reshape(rows, -1).T)

    def get_slice(self, name: str) -> "PresetSlice":
        return PresetSlice(self.get_tensor(name))


class PresetSlice(NamedTuple):
    """A tensor, with the interface of a slice of safetensors."""

    values: np.ndarray

    def get_shape(self) -> list[int]:
        return list(self.values.shape)

    def get_dtype(self) -> str:
        return KINDS.get(str(self.values.dtype), str(self.values.dtype))


def preset_sources(architecture: str, depth: int, block: Mapping[str, str]) -> dict[str, str]:
    """Returns the names in the file of weights by those of transformers.

    Args:
        architecture: see `CheckpointConfig`.
        depth: number of blocks.
        block: names of transformers for the layers of a block, by our names.
    """
    joint = "layers/token_and_position_embedding"
    token, position = f"{joint}/token_embedding", f"{joint}/position_embedding"
    if architecture == "bert":
        token, position = "layers/reversible_embedding", "layers/position_embedding"
    found = {
        "embeddings.word_embeddings.weight": f"{token}/vars/0",
        "embeddings.position_embeddings.weight": f"{position}/vars/0",
        "embeddings.token_type_embeddings.weight": "layers/embedding/vars/0",
        "embeddings.LayerNorm.weight": "layers/layer_normalization/vars/0",
        "embeddings.LayerNorm.bias": "layers/layer_normalization/vars/1",
    }
    for number in range(depth):
        place = "layers/transformer_encoder" + (f"_{number}" if number else "")
        for ours, theirs in block.items():
            for kind, index in (("weight", 0), ("bias", 1)):
                found[f"{theirs.format(number)}.{kind}"] = f"{place}/{LAYERS[ours]}/vars/{index}"
    return found


def preset_tokenizer(path: Path, found: Mapping[str, Any]) -> BertFiles | BytePairFiles:
    """Reads the tokenizer of a preset from the object of tokenizer.json and the vocabulary next to it.

    Raises:
        UserError: if a file is missing or damaged, or the tokenizer has another type.
    """
    assets, options = path.parent / ASSETS, section(path, found, "config")
    match found.get("class_name"):
        case "BertTokenizer" | "DistilBertTokenizer":
            files = bert_files.from_vocabulary(assets / "vocabulary.txt")
            return files._replace(
                lower_case=value_of(path, options, "lowercase", bool, False),
                strip_accents=value_of(path, options, "strip_accents", bool, False),
            )
        case "RobertaTokenizer":
            return byte_pair_files.from_merges(assets / "vocabulary.json")
        case other:
            raise UserError(f"{path}: the tokenizer of the preset is a {shown(other)}, which is not supported.")
