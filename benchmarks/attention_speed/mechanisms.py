"""The mechanisms that are measured, and what they are compared with."""

WIDTH, HEADS = 128, 4
TOKENS_OF_A_BATCH = 4096
OFFICIAL = {  # ours: the official implementation of the same
    "multi_head": "keras_multi_head",
    "additive": "keras_additive",
    "concat": "keras_concat",
    "dot": "keras_dot",
    "block": "keras_nlp_block",
}
MECHANISMS = (*OFFICIAL, *OFFICIAL.values(), "general", "scaled_dot", "rotary", "local")
KEPT_COPIES = 5  # of (batch, queries, keys, units) that the official additive layers hold in a training step


def needed_bytes(name: str, tokens: int) -> float:
    """What a training step needs at least, in bytes, of those that would need too much."""
    if name not in ("keras_additive", "keras_concat"):
        return 0.0
    return 4.0 * KEPT_COPIES * TOKENS_OF_A_BATCH * tokens * WIDTH
