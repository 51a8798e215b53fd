"""Who competes: where each is built, which packages it needs, what its process is told, what it does."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec

from training_speed.workloads import Train, Workload

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3"}
PASSIVE = {"OMP_WAIT_POLICY": "PASSIVE"}  # PyTorch's idle threads would else spin and slow the others down


@dataclass(frozen=True, slots=True)
class Contender:
    """One of those that are compared.

    Args:
        builder: `module:function` that turns a `Workload` into a `Train`; imported in the contender's process only.
        does: what it is, in a line.
        packages: beyond those of the project, by their import name.
        environment: of its process.
        overrides: of conf/train.yaml, beside those of the workload.
    """

    builder: str
    does: str
    packages: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    overrides: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        """The packages that are not installed."""
        return [package for package in self.packages if find_spec(package) is None]

    def build(self, workload: Workload) -> Train:
        """Model, optimizer and whatever else training needs."""
        module, function = self.builder.split(":")
        return getattr(importlib.import_module(module), function)(workload)


CONTENDERS = {
    "ours": Contender(
        "training_speed.ours:ours",
        "this project's training step, batches of like length padded to their longest text; it does more than the "
        "others: joined pooling, token dropout, gradient clipping, averaged weights, label smoothing, determinism; and "
        "in one thing less: its AdamW moves only the embeddings of the batch's tokens",
        environment=QUIET,
    ),
    "ours_float32": Contender(
        "training_speed.ours:ours",
        "the same with trainer.precision=float32, whatever the processor offers",
        environment=QUIET,
        overrides=("trainer.precision=float32",),
    ),
    "keras_nlp": Contender(
        "training_speed.keras_nlp_model:keras_nlp",
        "`fit` of keras-nlp's TokenAndPositionEmbedding and TransformerEncoder on TensorFlow, padded to max_tokens; as "
        "it is, attention weights drop out as well",
        environment={**QUIET, "KERAS_BACKEND": "tensorflow"},
    ),
    "torch": Contender(
        "training_speed.torch_model:float32",
        "nn.TransformerEncoder, eager, float32, fused AdamW, the same batches as ours",
        ("torch",),
        PASSIVE,
    ),
    "torch_bfloat16": Contender(
        "training_speed.torch_model:bfloat16",
        "the same under torch.autocast in bfloat16",
        ("torch",),
        PASSIVE,
    ),
    "jax": Contender(
        "training_speed.keras_nlp_model:keras_nlp",
        "the model of keras_nlp on JAX, compiled, padded to max_tokens",
        ("jax",),
        {**QUIET, "KERAS_BACKEND": "jax"},
    ),
}
