#!/usr/bin/env bash
# The BertPreTokenizer and BertNormalizer of Hugging Face's tokenizers, and Unicode of the last ten years.
# Expected: every punctuation mark and every nonspacing mark of Unicode is known to both, as documented ("splits on
#   punctuation", "strip accents").
# Seen (tokenizers 0.23.3): their tables are those of Unicode 8 or so. Of the punctuation that Python 3.11's Unicode 14
#   knows, 104 marks do not split a word, among them U+061D ARABIC END OF TEXT MARK and the brackets from U+2E55 on;
#   384 nonspacing marks stay with strip_accents=True. U+166D, which is a symbol today, still splits. Lower-casing is
#   current. Another implementation with current tables, such as RE2's \p{P} in TensorFlow, gives other ids for these
#   texts, whatever the vocabulary.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q tokenizers==0.23.3
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import unicodedata

from tokenizers import normalizers, pre_tokenizers

characters = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
strip = normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)


def of(category):
    return [one for one in characters if unicodedata.category(one).startswith(category)]


joined = [one for one in of("P") if len(split(f"a{one}b")) == 1]
kept = [one for one in of("Mn") if one in strip.normalize_str(f"a{one}b")]
old = [one for one in of("S") if ord(one) > 127 and len(split(f"a{one}b")) == 3]
print(f"Python's Unicode {unicodedata.unidata_version}: {len(joined)} punctuation marks join words, {len(kept)} "
      f"nonspacing marks stay; symbols that split: {[f'U+{ord(one):04X}' for one in old]}")
assert "\u061d" in joined and "\u2e55" in joined and "\u0898" in kept, "the tables are newer"
assert old == ["\u166d"], "the tables are newer"
if sys.version_info[:2] == (3, 11):
    assert (len(joined), len(kept)) == (104, 384), "the behaviour has changed"
PYTHON
