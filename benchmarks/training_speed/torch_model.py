"""The same network from PyTorch's layers, trained on the same batches as this project's, padded as tightly."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch  # pyright: ignore[reportMissingImports]
from torch import nn  # pyright: ignore[reportMissingImports]

from training_speed.workloads import Train, Workload


def float32(workload: Workload) -> Train:
    """Steps in float32."""
    return training(workload, bfloat16=False)


def bfloat16(workload: Workload) -> Train:
    """Steps whose forward pass is under autocast: matrix products in bfloat16, weights in float32."""
    return training(workload, bfloat16=True)


def training(workload: Workload, bfloat16: bool) -> Train:
    """An eager loop with the fused AdamW, on a processor the fastest of PyTorch's."""
    torch.manual_seed(0)
    optimizer_settings = workload.settings.optimizer
    model = Classifier(workload).train()
    optimizer = torch.optim.AdamW(
        model.parameters(),
        lr=optimizer_settings["learning_rate"],
        weight_decay=optimizer_settings["weight_decay"],
        fused=True,
    )
    autocast = partial(torch.autocast, "cpu", dtype=torch.bfloat16, enabled=bfloat16)

    def train(batches: Sequence[np.ndarray]) -> None:
        for batch in batches:
            ids = torch.from_numpy(workload.texts.padded(batch)).long()
            labels = torch.from_numpy(workload.labels[batch]).long()
            optimizer.zero_grad()
            with autocast():
                loss = nn.functional.cross_entropy(model(ids), labels)
            loss.backward()
            optimizer.step()
            loss.item()

    return train


class Classifier(nn.Module):
    """Token ids (batch, tokens), 0 is padding, to logits (batch, classes)."""

    def __init__(self, workload: Workload) -> None:
        super().__init__()
        sizes = workload.settings.encoder
        self.tokens = nn.Embedding(workload.vocabulary_size, sizes.width)
        self.positions = nn.Embedding(workload.max_tokens, sizes.width)
        self.embedding_dropout = nn.Dropout(sizes.embedding_dropout)
        self.encoder = nn.TransformerEncoder(
            encoder_layer(workload), sizes.depth, norm=nn.LayerNorm(sizes.width), enable_nested_tensor=False
        )
        self.head = nn.Sequential(nn.Dropout(sizes.head_dropout), nn.Linear(sizes.width, workload.classes))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        padding = ids == 0
        states = self.tokens(ids) + self.positions.weight[: ids.shape[1]]
        states = self.encoder(self.embedding_dropout(states), src_key_padding_mask=padding)
        real = (~padding).to(states.dtype)[:, :, None]
        return self.head((states * real).sum(1) / real.sum(1))


def encoder_layer(workload: Workload) -> nn.TransformerEncoderLayer:
    """One block, with dropout where this project's has it: not within the feed-forward network, nor of attention."""
    settings = workload.settings
    sizes = settings.encoder
    layer = nn.TransformerEncoderLayer(
        sizes.width,
        settings.attention["num_heads"],
        sizes.intermediate_dim,
        sizes.dropout,
        sizes.activation,
        batch_first=True,
        norm_first=True,
    )
    layer.dropout.p = 0.0
    layer.self_attn.dropout = settings.attention["dropout"]
    return layer
