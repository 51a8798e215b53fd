"""Reads the tokenizer of a pretrained encoder from the files in its folder."""

from pathlib import Path

from classifier.errors import UserError
from classifier.pretrained import bert_files, byte_pair_files, unigram_files
from classifier.pretrained.bert_files import BertFiles
from classifier.pretrained.byte_pair_files import BytePairFiles
from classifier.pretrained.json_files import is_present, read_object, section, shown
from classifier.pretrained.preset import is_preset, preset_tokenizer
from classifier.pretrained.unigram_files import UnigramFiles

TokenizerFiles = BertFiles | BytePairFiles | UnigramFiles
KINDS = {
    "WordPiece": bert_files,
    "BPE": byte_pair_files,
    "Unigram": unigram_files,
}  # by the type of the model in tokenizer.json
OLDER = {"vocab.txt": bert_files.from_vocabulary, "vocab.json": byte_pair_files.from_merges}

SENTENCE_PIECE = ("sentencepiece.bpe.model", "spiece.model")


def read_tokenizer(folder: Path) -> TokenizerFiles:
    """Reads the tokenizer of a checkpoint from tokenizer.json, or from the files of earlier versions.

    Args:
        folder: folder in Hugging Face's layout.

    Raises:
        UserError: if there is no vocabulary, a file is damaged, or the tokenizer has another type.
    """
    whole = folder / "tokenizer.json"
    if is_present(whole):
        found = read_object(whole)
        if is_preset(found):
            return preset_tokenizer(whole, found)
        kind = section(whole, found, "model").get("type", "WordPiece")
        if not isinstance(kind, str) or kind not in KINDS:
            raise UserError(f"{whole}: a tokenizer of type {shown(kind)} is not supported, only {', '.join(KINDS)}.")
        return KINDS[kind].from_tokenizer_json(whole, found)
    for name, read in OLDER.items():
        if is_present(folder / name):
            return read(folder / name)
    for model in SENTENCE_PIECE:
        if is_present(folder / model):
            raise UserError(
                f"{folder} has {model}, but no tokenizer.json: load the folder with transformers' AutoTokenizer and "
                "save it with save_pretrained(folder), which writes the file that is needed."
            )
    raise UserError(f"{folder} has no tokenizer: neither tokenizer.json nor {', '.join(OLDER)}.")
