#!/usr/bin/env python3
"""Checks the promises of src/: includes point one way, and the core asks nothing of the system.

    tools/check_layers.py [--src FOLDER] [LIBRARY]

Reads layers.txt in FOLDER (src/), the order of its rooms. With LIBRARY (librefscout.a of a release build)
it also reads its symbols: every global one begins with its module's name or rs_, and none of another
library is used that layers.txt does not name. Standard library only; nm for the symbols.
"""

import argparse
import pathlib
import re
import subprocess
import sys

VARIANTS = (
    "_plain",
    "_q8",
    "_xnnpack",
    "_own",
    "_tables",
    "_words",
    "_machine",
    "_files",
)  # linear_plain.c is a file of the module linear
STANDARD = set(
    "assert errno float inttypes limits math stdalign stdarg stdbool stddef stdint stdio stdlib string".split()
)
PURE = set(
    """memcpy memmove memset memcmp bcmp memchr strcmp strncmp strlen strchr strrchr strstr strpbrk strspn strcspn qsort bsearch
    sqrt sqrtf erff expf tanhf rintf fminf fmaxf roundf round floor lrintf fabsf
    __assert_fail __stack_chk_fail _GLOBAL_OFFSET_TABLE_""".split()
)
FOREIGN = ("cJSON_", "xnn_", "pthreadpool_")


class Layers:
    """layers.txt: the rooms in their order, and what rooms and modules may use besides."""

    def __init__(self, text):
        self.order = []
        self.allowed = {}  # (room, module), with None for the whole room
        self.friends = []  # sets of (room, module) that may include each other
        for line in text.splitlines():
            words = line.split("#")[0].split()
            if not words:
                continue
            if not line[0].isspace():
                self.order.append(words[0])
                self.allowed[words[0], None] = set(words[1:])
                continue
            modules = [(self.order[-1], module) for module in words[0].split("+")]
            for module in modules:
                self.allowed[module] = set(words[1:])
            if len(modules) > 1:
                self.friends.append(set(modules))

    def allows(self, module):
        return self.allowed[module[0], None] | self.allowed.get(module, set())

    def are_friends(self, a, b):
        return any(a in group and b in group for group in self.friends)


def module_of(path):
    """(room, module) of a file, given below src/. One outside of the rooms is both; refscout.h is one
    of its own."""
    if len(path.parts) == 1:
        name = path.name if path.suffix == ".h" else path.stem
        return name, name
    name = path.stem
    for variant in VARIANTS:
        name = name.removesuffix(variant)
    return path.parts[0], name


def read_modules(src, layers):
    """The modules of src/ and their files, and what is wrong with these."""
    modules, wrong = {}, []
    for file in sorted(src.rglob("*.[ch]")):
        path = file.relative_to(src)
        room, _ = module = module_of(path)
        if len(path.parts) > 2 or room not in layers.order:
            wrong.append(f"src/{path}: lies in no room of layers.txt")
        else:
            modules.setdefault(module, []).append(path)
    rooms_of = {}
    for room, name in modules:
        rooms_of.setdefault(name, []).append(room)
    wrong += [
        f"src/: the module {name} lies in {' and in '.join(rooms)}"
        for name, rooms in rooms_of.items()
        if len(rooms) > 1
    ]
    known = set(modules) | {(room, None) for room, _ in modules}
    wrong += [
        f"src/layers.txt: there is no {'/'.join(filter(None, entry))}" for entry in layers.allowed if entry not in known
    ]
    return modules, wrong


def read_includes(src, path):
    for line, text in enumerate((src / path).read_text(encoding="utf-8").splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', text)
        if found:
            yield (*found.groups(), f"src/{path}:{line}: includes {found[2]}")


def check_includes(src, layers, modules):
    below = {module: {} for module in modules}  # the modules of the same room that it includes, and where
    for own, paths in modules.items():
        for path in paths:
            for kind, header, where in read_includes(src, path):
                other = module_of(pathlib.Path(header))
                if kind == "<":
                    if header.removesuffix(".h") not in STANDARD and f"<{header}>" not in layers.allows(own):
                        yield f"{where}, which layers.txt does not allow for {'/'.join(dict.fromkeys(own))}"
                elif other not in modules or not (src / header).is_file():
                    yield f'{where}, which is no header of src/: write "ROOM/FILE.h"'
                elif layers.order.index(other[0]) > layers.order.index(own[0]):
                    yield f"{where}, but {other[0]} comes later than {own[0]} in layers.txt"
                elif other[0] == own[0] and other != own and not layers.are_friends(own, other):
                    below[own].setdefault(other, where)
    yield from check_cycles(below)


def check_cycles(below):
    """Walks down from every module; on meeting one that the walk is still below, says how it got there."""
    done = set()

    def walk(module, way):
        if module in done:
            return
        for other, where in below[module].items():
            if other in way:
                names = [name for _, name in (*way[way.index(other) :], other)]
                yield f"{where}, which closes a circle: {' -> '.join(names)}"
            else:
                yield from walk(other, (*way, other))
        done.add(module)

    for module in below:
        yield from walk(module, (module,))


def check_symbols(layers, modules, library):
    listing = subprocess.run(
        ["nm", "--print-file-name", "--extern-only", library], capture_output=True, text=True, check=True
    )
    lines = [re.match(r".*:([^:]+)\.o:\s*[0-9a-f]*\s+(\w)\s+(\S+)$", x) for x in listing.stdout.splitlines()]
    symbols = [m.groups() for m in lines if m]
    if not symbols:
        yield f"{library}: nm printed no symbols"
    by_source = {path.name: module for module, paths in modules.items() for path in paths}
    ours = {symbol for _, kind, symbol in symbols if kind != "U"}
    for file, kind, symbol in symbols:
        if file not in by_source:
            yield f"{library}: {file} is no source of src/"
            continue
        module = by_source[file]
        name = module[1]
        if kind != "U":
            if not symbol.startswith(("rs_", name.rstrip("s") + "_", name + "_")) and symbol != name:
                yield f"{file}: {symbol} begins neither with rs_ nor with {name}_"
        elif symbol not in ours | PURE | layers.allows(module):
            allowed = {h.strip("<>").split(".")[0] for h in layers.allows(module)}
            foreign = next((f for f in FOREIGN if symbol.startswith(f)), None)
            of = {"cJSON_": "cJSON", "xnn_": "xnnpack", "pthreadpool_": "pthreadpool"}.get(foreign)
            if of is None or of not in allowed:
                yield f"{file}: uses {symbol}, which layers.txt does not allow for {'/'.join(dict.fromkeys(module))}"


def main():
    parser = argparse.ArgumentParser(usage="tools/check_layers.py [--src FOLDER] [LIBRARY]")
    parser.add_argument("--src", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent / "src")
    parser.add_argument("library", nargs="?")
    args = parser.parse_args()
    layers = Layers((args.src / "layers.txt").read_text(encoding="utf-8"))
    modules, wrong = read_modules(args.src, layers)
    wrong += check_includes(args.src, layers, modules)
    if args.library:
        wrong += check_symbols(layers, modules, args.library)
    for line in wrong:
        print(line, file=sys.stderr)
    sys.exit(1 if wrong else 0)


main()
