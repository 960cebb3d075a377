#!/usr/bin/env python3
"""Writes src/tokens/unicode_tables.c: what the tokenizer must know about each code point.

    tools/gen/unicode_tables.py --ucd DIR [-o src/tokens/unicode_tables.c]

DIR holds UnicodeData.txt and DerivedAge.txt of Unicode 15.0.0, from
https://www.unicode.org/Public/15.0.0/ucd/ or Debian's package unicode-data 15.0.0 (there under
/usr/share/unicode). Their hashes are checked. Python 3.8 or later, nothing else. Not needed to
build: the output is committed.

The tables do not follow one Unicode version, because the reference, Hugging Face tokenizers
0.23.2, does not: each of its Rust dependencies has its own.

    general category   8.0    crate unicode_categories
    decomposition      9.0    crate unicode-normalization-alignments 0.1.12
    lower case         17.0   the standard library of Rust 1.98

From 15.0.0 these follow by age: what a later version added counts as unassigned for the older
properties. CATEGORY_8_0 and LOWER_AFTER_15_0 are what this rule does not give. Decompositions and
combining classes never change once assigned, so for them the rule is exact. All of it was found
by asking the package about every code point; tests/web/tokenizer.test.mjs asks again.
"""

import argparse
import hashlib
import pathlib
import re
import sys

SHA256 = {
    "UnicodeData.txt": "806e9aed65037197f1ec85e12be6e8cd870fc5608b4de0fffd990f689f376a73",
    "DerivedAge.txt": "7570877e0fa197c45338f7c41a02636da4e14c8dba6a3611a01cd30bf329d5ca",
}
LAST = 0x10FFFF
BLOCK_SHIFT = 7  # also in src/tokens/unicode.h; of 5 to 9 the one that takes fewest bytes

# Characters of Unicode 8.0 whose category changed before 15.0: the older one.
CATEGORY_8_0 = {0x166D: "Po", 0x1734: "Mn", 0x1885: "Lo", 0x1886: "Lo", 0xA9BD: "Mc", 0x111C9: "Po"}

# Lower case mappings that Unicode 16.0 and 17.0 added: (first, last, step, mapped to, step).
LOWER_AFTER_15_0 = [
    (0x1C89, 0x1C89, 1, 0x1C8A, 1),
    (0xA7CB, 0xA7CB, 1, 0x0264, 1),
    (0xA7CC, 0xA7CC, 1, 0xA7CD, 1),
    (0xA7CE, 0xA7CE, 1, 0xA7CF, 1),
    (0xA7D2, 0xA7D4, 2, 0xA7D3, 2),
    (0xA7DA, 0xA7DA, 1, 0xA7DB, 1),
    (0xA7DC, 0xA7DC, 1, 0x019B, 1),
    (0x10D50, 0x10D65, 1, 0x10D70, 1),
    (0x16EA0, 0x16EB8, 1, 0x16EBB, 1),
]


class Ucd:
    """The two files, by code point; a missing key means unassigned or no mapping."""

    def __init__(self, folder):
        self.category, self.combining, self.lower, self.pair, self.age = {}, {}, {}, {}, {}
        self.read_characters(checked_text(folder, "UnicodeData.txt"))
        self.read_ages(checked_text(folder, "DerivedAge.txt"))

    def read_characters(self, text):
        first = None
        for line in text.splitlines():
            field = line.split(";")
            code = int(field[0], 16)
            if field[1].endswith("First>"):
                first = code
                continue
            for c in range(first if field[1].endswith("Last>") else code, code + 1):
                self.category[c] = field[2]
                self.combining[c] = int(field[3])
            if field[5] and not field[5].startswith("<"):
                parts = [int(part, 16) for part in field[5].split()]
                self.pair[code] = (parts + [0])[:2]
            if field[13]:
                self.lower[code] = int(field[13], 16)

    def read_ages(self, text):
        pattern = r"^([0-9A-F]+)(?:\.\.([0-9A-F]+))?\s*;\s*(\d+)\.(\d+)"
        for low, high, major, minor in re.findall(pattern, text, re.M):
            for c in range(int(low, 16), int(high or low, 16) + 1):
                self.age[c] = (int(major), int(minor))

    def is_in(self, code, version):
        return self.age.get(code, (99, 0)) <= version


def checked_text(folder, name):
    content = (pathlib.Path(folder) / name).read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256[name]:
        sys.exit(f"{name}: not the file of Unicode 15.0.0")
    return content.decode("utf-8")


def kind_of(ucd, code):
    """What the reference does with a character; the order of its own tests."""
    category = CATEGORY_8_0.get(code, ucd.category.get(code, "Cn"))
    if not ucd.is_in(code, (8, 0)):
        category = "Cn"
    if code in (0x09, 0x0A, 0x0D) or category in ("Zs", "Zl", "Zp"):
        return "SPACE"
    # Unassigned is not "other" to the reference; surrogates cannot occur in text.
    if code == 0xFFFD or category in ("Cc", "Cf", "Co"):
        return "DROPPED"
    ascii_symbol = code < 0x80 and category in ("Sc", "Sk", "Sm")
    if category.startswith("P") or ascii_symbol:
        return "PUNCTUATION"
    return "MARK" if category == "Mn" else "OTHER"


def lower_mappings(ucd):
    lower = dict(ucd.lower)
    for first, last, step, target, target_step in LOWER_AFTER_15_0:
        for i, code in enumerate(range(first, last + 1, step)):
            lower[code] = target + i * target_step
    # The only character whose lower case is two (i and U+0307); unicode_lower() has it by name.
    del lower[0x130]
    return lower


def make_tables(ucd):
    """entries: distinct (lower, kind, combining, decomposes); index: one per code point;
    pairs: sorted (code, first, second), second 0 for a single."""
    lower = lower_mappings(ucd)
    pairs = {c: p for c, p in ucd.pair.items() if ucd.is_in(c, (9, 0))}
    entries, index = {}, []
    for code in range(LAST + 1):
        combining = ucd.combining.get(code, 0) if ucd.is_in(code, (9, 0)) else 0
        kind = kind_of(ucd, code)
        # One word may hold all characters that NFD reorders: unicode.h promises it.
        assert combining == 0 or kind in ("MARK", "OTHER"), hex(code)
        entry = (lower.get(code, code) - code, kind, combining, int(code in pairs))
        index.append(entries.setdefault(entry, len(entries)))
    assert len(entries) <= 256
    check_pairs(pairs)
    return list(entries), index, sorted((c, p[0], p[1]) for c, p in pairs.items())


def check_pairs(pairs):
    """What unicode_decompose() builds on."""
    for code, (first, second) in pairs.items():
        depth = 1
        while first in pairs:
            first, depth = pairs[first][0], depth + 1
        assert second not in pairs and depth <= 3, hex(code)


def two_stages(index):
    blocks, stage1 = {}, []
    for at in range(0, len(index), 1 << BLOCK_SHIFT):
        block = tuple(index[at : at + (1 << BLOCK_SHIFT)])
        stage1.append(blocks.setdefault(block, len(blocks)))
    assert len(blocks) <= 256
    return stage1, [entry for block in blocks for entry in block]


def lines_of(items, per_line):
    for at in range(0, len(items), per_line):
        yield "    " + ", ".join(items[at : at + per_line]) + ","


def write_array(out, declaration, items, per_line):
    print(f"const {declaration}[{len(items)}] = {{", file=out)
    print("\n".join(lines_of(items, per_line)), file=out)
    print("};\n", file=out)


def write_tables(out, entries, index, pairs):
    stage1, stage2 = two_stages(index)
    size = 8 * len(entries) + len(stage1) + len(stage2) + 8 * len(pairs)
    print(
        "/* Generated by tools/gen/unicode_tables.py from Unicode 15.0.0; do not edit.\n"
        " * General category as of Unicode 8.0, decomposition of 9.0, lower case of 17.0: what\n"
        " * Hugging Face tokenizers 0.23.2 goes by. The generator says why. Takes "
        f"{size} bytes. */\n"
        '#include "tokens/unicode.h"\n\n'
        "/* clang-format off */",
        file=out,
    )
    rows = [f"{{{lower}, UNICODE_{kind}, {combining}, {decomposes}}}" for lower, kind, combining, decomposes in entries]
    write_array(out, "unicode_entry unicode_entries", rows, 3)
    write_array(out, "uint8_t unicode_stage1", [str(b) for b in stage1], 23)
    write_array(out, "uint8_t unicode_stage2", [str(e) for e in stage2], 23)
    packed = [f"0x{code << 42 | first << 21 | second:016x}" for code, first, second in pairs]
    write_array(out, "uint64_t unicode_pairs", packed, 4)
    print(f"const size_t unicode_pair_count = {len(pairs)};", file=out)
    return size


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ucd", required=True, metavar="DIR")
    parser.add_argument("-o", metavar="FILE", default="src/tokens/unicode_tables.c", dest="output")
    arguments = parser.parse_args()
    tables = make_tables(Ucd(arguments.ucd))
    with open(arguments.output, "w", encoding="ascii") as out:
        size = write_tables(out, *tables)
    print(f"{arguments.output}: {size} bytes of tables", file=sys.stderr)


if __name__ == "__main__":
    main()
