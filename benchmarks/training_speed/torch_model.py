"""The same network from PyTorch's layers, trained on the same batches as this project's, padded as tightly."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch  # pyright: ignore[reportMissingImports]
from torch import nn  # pyright: ignore[reportMissingImports]

from training_speed.workloads import Train, Workload


def float32(workload: Workload, bfloat16: bool = False) -> Train:
    """An eager loop with the fused AdamW, on a processor the fastest of PyTorch's."""
    torch.manual_seed(0)
    settings = workload.settings.optimizer
    model = Classifier(workload).train()
    rate, decay = settings["learning_rate"], settings["weight_decay"]
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=decay, fused=True)

    def train(batches: Sequence[np.ndarray]) -> None:
        for batch in batches:
            ids = torch.from_numpy(workload.texts.padded(batch)).long()
            labels = torch.from_numpy(workload.labels[batch]).long()
            optimizer.zero_grad()
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16):
                loss = nn.functional.cross_entropy(model(ids), labels)
            loss.backward()
            optimizer.step()
            loss.item()

    return train


bfloat16 = partial(float32, bfloat16=True)  # the forward pass under autocast; weights stay in float32


class Classifier(nn.Module):
    """Token ids (batch, tokens), 0 is padding, to logits (batch, classes)."""

    def __init__(self, workload: Workload) -> None:
        super().__init__()
        sizes, attention = workload.settings.encoder, workload.settings.attention
        self.tokens = nn.Embedding(workload.vocabulary_size, sizes.width)
        self.positions = nn.Embedding(workload.max_tokens, sizes.width)
        self.embedding_dropout = nn.Dropout(sizes.embedding_dropout)
        inner = (sizes.intermediate_dim, sizes.dropout, sizes.activation.value)
        block = nn.TransformerEncoderLayer(
            sizes.width, attention["num_heads"], *inner, batch_first=True, norm_first=True
        )
        block.dropout.p = 0.0  # dropout is where this project's is: not within the feed-forward network
        block.self_attn.dropout = attention["dropout"]
        norm = nn.LayerNorm(sizes.width)
        self.encoder = nn.TransformerEncoder(block, sizes.depth, norm=norm, enable_nested_tensor=False)
        self.head = nn.Sequential(nn.Dropout(sizes.head_dropout), nn.Linear(sizes.width, workload.classes))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        padding = ids == 0
        states = self.tokens(ids) + self.positions.weight[: ids.shape[1]]
        states = self.encoder(self.embedding_dropout(states), src_key_padding_mask=padding)
        real = (~padding).to(states.dtype)[:, :, None]
        return self.head((states * real).sum(1) / real.sum(1))
