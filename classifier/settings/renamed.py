"""Renamed keys and choices, for error messages about old names and for comparisons with earlier runs."""

from collections.abc import Mapping

_ENCODER = (
    *("depth", "width", "activation", "block", "normalize", "positions", "linear"),
    *("dropout", "token_dropout", "embedding_dropout", "head_dropout"),
)
RENAMED = {
    "model": "encoder",
    **{f"model.{key}": f"encoder.{key}" for key in _ENCODER},
    "model.feed_forward_width": "encoder.intermediate_dim",
    "attention.heads": "attention.num_heads",
    "tokenizer.minimum_count": "tokenizer.min_frequency",
    "trainer.warmup_share": "trainer.warmup_ratio",
    "trainer.weight_average": "trainer.ema_decay",
    "experiment": "recipe",
}
REMOVED = {  # keys that are constants now, and their values
    "optimizer.beta_1": "0.9",
    "optimizer.beta_2": "0.999",
    "optimizer.rho": "0.9",
}
RENAMED_CHOICES = {
    "pooling=joined": "pooling=concat",
    "sweep=attention": "recipe=attention_sweep",
    "sweep=search": "recipe=search",
}


def new_name(key: str) -> str:
    """Returns the current name of a key.

    >>> new_name("model.feed_forward_width"), new_name("seed")
    ('encoder.intermediate_dim', 'seed')
    """
    return RENAMED.get(key, key)


def renamed(settings: Mapping[str, str]) -> dict[str, str]:
    """Converts the settings of an earlier run to the current names.

    >>> renamed({"pooling": "joined", "attention.heads": "4"})
    {'pooling': 'concat', 'attention.num_heads': '4'}
    """
    found = {}
    for key, value in settings.items():
        choice = RENAMED_CHOICES.get(f"{key}={value}", f"{new_name(key)}={value}")
        name, _, found_value = choice.partition("=")
        found[name] = found_value
    return found
