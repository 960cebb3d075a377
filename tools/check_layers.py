#!/usr/bin/env python3
"""Checks the core's two promises: includes point one way, and it asks nothing of the system.

    tools/check_layers.py [LIBRARY]

Reads src/layers.txt. With LIBRARY (librefscout.a of a release build) it also reads its symbols:
every global one begins with its module's name or rs_, and none of another library is used that
layers.txt does not name. Standard library only; nm for the symbols.
"""

import pathlib
import re
import subprocess
import sys

SRC = pathlib.Path(__file__).resolve().parent.parent / "src"
VARIANTS = ("_plain", "_q8", "_xnnpack", "_own", "_tables", "_kernels", "_base", "_sse41", "_avx2", "_avxvnni", "_avx512vnni", "_fused")  # linear_plain.c is a file of the module linear
STANDARD = set("assert errno float inttypes limits math stdalign stdarg stdbool stddef stdint stdio stdlib string".split())
PURE = set("""memcpy memmove memset memcmp bcmp memchr strcmp strncmp strlen strchr strrchr strstr strpbrk strspn strcspn qsort bsearch
    sqrt sqrtf erff expf tanhf rintf fminf fmaxf roundf round floor lrintf fabsf
    __assert_fail __stack_chk_fail _GLOBAL_OFFSET_TABLE_""".split())
FOREIGN = ("cJSON_", "xnn_", "pthreadpool_")


def read_layers():
    layers = {}
    for line in (SRC / "layers.txt").read_text().splitlines():
        words = line.split("#")[0].split()
        if words:
            layers[words[0]] = set(words[1:])
    return layers


def module_of(path):
    """The entry of layers.txt that a file belongs to; refscout.h is one of its own."""
    if path.name == "refscout.h":
        return "refscout.h"
    name = path.stem
    for variant in VARIANTS:
        name = name.removesuffix(variant)
    return name


def check_includes(layers):
    order = {name: i for i, name in enumerate(layers)}
    for path in sorted(SRC.glob("*.[ch]")):
        own = module_of(path)
        if own not in order:
            yield f"src/{path.name}: the module {own} is not in layers.txt"
            continue
        for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', text)
            if not found:
                continue
            kind, header = found.groups()
            where = f"src/{path.name}:{line}: includes {header}"
            if kind == "<":
                if header.removesuffix(".h") not in STANDARD and f"<{header}>" not in layers[own]:
                    yield f"{where}, which layers.txt does not allow for {own}"
                continue
            other = module_of(pathlib.Path(header))
            if other not in order:
                yield f"{where}, which is not in layers.txt"
            elif order[other] > order[own]:
                yield f"{where}, which comes later in layers.txt"


def check_symbols(layers, library):
    listing = subprocess.run(["nm", "--print-file-name", "--extern-only", library], capture_output=True, text=True, check=True)
    lines = [re.match(r".*:([^:]+)\.o:\s*[0-9a-f]*\s+(\w)\s+(\S+)$", x) for x in listing.stdout.splitlines()]
    symbols = [m.groups() for m in lines if m]
    if not symbols:
        yield f"{library}: nm printed no symbols"
    ours = {symbol for _, kind, symbol in symbols if kind != "U"}
    for file, kind, symbol in symbols:
        module = module_of(pathlib.Path(file))
        if kind != "U":
            if not symbol.startswith(("rs_", module.rstrip("s") + "_", module + "_")) and symbol != module:
                yield f"{file}: {symbol} begins neither with rs_ nor with {module}_"
        elif symbol not in ours | PURE | layers.get(module, set()):
            allowed = {h.strip("<>").split(".")[0] for h in layers.get(module, set())}
            foreign = next((f for f in FOREIGN if symbol.startswith(f)), None)
            name = {"cJSON_": "cJSON", "xnn_": "xnnpack", "pthreadpool_": "pthreadpool"}.get(foreign)
            if name is None or name not in allowed:
                yield f"{file}: uses {symbol}, which layers.txt does not allow for {module}"


def main():
    layers = read_layers()
    wrong = list(check_includes(layers))
    for library in sys.argv[1:]:
        wrong += check_symbols(layers, library)
    for line in wrong:
        print(line, file=sys.stderr)
    sys.exit(1 if wrong else 0)


main()
