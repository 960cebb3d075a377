#!/usr/bin/env python3
"""Writes cmake/xnnpack/sources.cmake: the XNNPACK sources that refscout's operators need.

XNNPACK has 6000 sources; its operators reach them through tables of function pointers, which are
of no use to someone who reads, so the linker is asked. Starting from the functions in ROOTS, the
files that define what is missing are compiled and linked with unused functions thrown away, until
only micro-kernels are missing. Those are not compiled here; the names tell the files, and the
lists in XNNPACK's cmake/gen/ tell the instruction set each has to be compiled for.

Needs clang-19, ld.lld-19 and Emscripten (tools/setup.sh) and, for Arm, Debian's package
libc6-dev-arm64-cross and libstdc++-12-dev-arm64-cross. Run it when XNNPACK's version or ROOTS change:

    tools/gen/xnnpack_sources.py build/deps/xnnpack build/deps/pthreadpool build/deps/fxdiv
"""

import concurrent.futures
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUPPORT = ROOT / "cmake/xnnpack"

ROOTS = """
xnn_initialize xnn_deinitialize xnn_run_operator xnn_delete_operator
xnn_create_weights_cache xnn_create_weights_cache_with_size
xnn_finalize_weights_cache xnn_delete_weights_cache
xnn_create_convert_nc_f32_qd8 xnn_reshape_convert_nc_f32_qd8 xnn_setup_convert_nc_f32_qd8
xnn_create_fully_connected_nc_qd8_f32_qc8w xnn_reshape_fully_connected_nc_qd8_f32_qc8w
xnn_setup_fully_connected_nc_qd8_f32_qc8w
xnn_create_fully_connected_nc_f32 xnn_reshape_fully_connected_nc_f32
xnn_setup_fully_connected_nc_f32
xnn_create_batch_matrix_multiply_nc_f32 xnn_reshape_batch_matrix_multiply_nc_f32
xnn_setup_batch_matrix_multiply_nc_f32
xnn_create_softmax_nc_f32 xnn_reshape_softmax_nc_f32 xnn_setup_softmax_nc_f32
xnn_create_unary_elementwise_nc xnn_reshape_unary_elementwise_nc xnn_setup_unary_elementwise_nc
""".split()

EMSDK = ROOT / "build/toolchain/emscripten/usr/share/emscripten"
CLANG = ["clang-19", "-O1"]
ARM = [
    "--target=aarch64-linux-gnu",
    "-isystem",
    "/usr/aarch64-linux-gnu/include",
    "-isystem",
    "/usr/aarch64-linux-gnu/include/c++/12",
    "-isystem",
    "/usr/aarch64-linux-gnu/include/c++/12/aarch64-linux-gnu",
]
WASM = [str(EMSDK / "emcc"), "-O1", "-msimd128", "-I", str(SUPPORT / "wasm")]

# platform: compile command, linker, instruction sets whose kernels may be used there
PLATFORMS = {
    "X86_64": (CLANG, "ld.lld-19"),
    "AARCH64": (CLANG + ARM, "ld.lld-19"),
    "WASM_SIMD": (WASM, "wasm-ld-19"),
    "WASM_RELAXED": (WASM + ["-mrelaxed-simd"], "wasm-ld-19"),
}

# Sources that are compiled with a further header in front, as in cmake/xnnpack.cmake.
EXTRA_HEADER = {"src/operators/unary-elementwise-nc.c": "unary.h"}

DEFINITION = re.compile(r"^(?:[A-Za-z_][\w ]*[ *]+)(xnn_\w+)\s*(?:\(|\[|=)", re.M)
DECLARATION = re.compile(r"^[^;{]*;")


def defined_in(tree):
    """Name of a global symbol -> source file, by the look of its definition."""
    where = {}
    for path in sorted([*tree.glob("src/**/*.c"), *tree.glob("src/**/*.cc")]):
        text = path.read_text()
        for match in DEFINITION.finditer(text):
            rest = text[match.end() - 1 : match.end() + 4000]
            if match.group(0).startswith("extern") or DECLARATION.match(rest) and "=" not in rest.split(";")[0]:
                continue
            where.setdefault(match.group(1), str(path.relative_to(tree)))
    return where


def instruction_sets(tree):
    """Source file of a micro-kernel -> the instruction set in the name of XNNPACK's list."""
    sets = {}
    for path in sorted(tree.glob("cmake/gen/*_microkernels.cmake")):
        name = path.name.removesuffix("_microkernels.cmake").upper()
        for source in re.findall(r"src/\S+\.cc?\b", path.read_text()):
            sets.setdefault(source, name)
    return sets


def compile_all(command, tree, includes, sources, folder):
    def one(source):
        target = folder / (source.replace("/", "_") + ".o")
        if target.exists():
            return target
        run = [
            *command,
            "-c",
            "-ffunction-sections",
            "-fdata-sections",
            "-w",
            "-std=c++17" if source.endswith(".cc") else "-std=gnu11",
            *includes,
            "-include",
            str(SUPPORT / "switches.h"),
        ]
        if source in EXTRA_HEADER:
            run += ["-include", str(SUPPORT / EXTRA_HEADER[source])]
        subprocess.run([*run, str(tree / source), "-o", str(target)], check=True)
        return target

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, sources))


def undefined(linker, objects, folder):
    """The xnn_ symbols that what is reachable from ROOTS lacks."""
    run = [linker, "--gc-sections", "--error-limit=0", "-o", str(folder / "out")]
    if linker.startswith("wasm"):
        run += ["--no-entry", *(f"--export={name}" for name in ROOTS)]
    else:
        run += ["-e", ROOTS[0], *(f"--undefined={name}" for name in ROOTS)]
    result = subprocess.run([*run, *map(str, objects)], capture_output=True, text=True)
    found = set(re.findall(r"undefined (?:hidden )?symbol: (xnn_\w+)", result.stderr))
    found |= set(re.findall(r"symbol exported via --export not found: (xnn_\w+)", result.stderr))
    if result.returncode and not found and "undefined symbol" not in result.stderr:
        sys.exit(f"{linker} failed without naming a symbol:\n{result.stderr}")
    return found


def kernel_closure(tree, where, sets, names):
    """Kernels and what their text names: tables, other kernels."""
    files, todo = set(), list(names)
    while todo:
        name = todo.pop()
        if name not in where:
            sys.exit(f"no source defines {name}")
        source = where[name]
        if source in files:
            continue
        files.add(source)
        text = (tree / source).read_text()
        todo += [n for n in re.findall(r"\bxnn_(?:table_\w+|\w+_ukernel_\w+)", text) if n in where]
    return files


def sources_for(platform, tree, includes, where, sets):
    command, linker = PLATFORMS[platform]
    plain = set()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        missing = set(ROOTS)
        while True:
            unknown = [n for n in missing if n not in where]
            if unknown:
                sys.exit(f"{platform}: no source defines {', '.join(sorted(unknown))}")
            new = {where[n] for n in missing if where[n] not in sets} - plain
            if not new:
                break
            plain |= new
            objects = compile_all(command, tree, includes, sorted(plain), folder)
            missing = undefined(linker, objects, folder)
    kernels = kernel_closure(tree, where, sets, [n for n in missing if where[n] in sets])
    grouped = {"": plain | {k for k in kernels if k not in sets}}
    for source in kernels & sets.keys():
        grouped.setdefault(sets[source], set()).add(source)
    return grouped


def main():
    tree, pthreadpool, fxdiv = map(pathlib.Path, sys.argv[1:4])
    includes = [
        "-I",
        str(SUPPORT),
        "-I",
        str(tree / "include"),
        "-I",
        str(tree / "src"),
        "-I",
        str(pthreadpool / "include"),
        "-I",
        str(fxdiv / "include"),
    ]
    where, sets = defined_in(tree), instruction_sets(tree)
    out = [
        "# Made by tools/gen/xnnpack_sources.py; see there. One list per instruction set, named",
        "# as XNNPACK names it; the list without one needs no compiler flag.",
        "",
    ]
    for platform in PLATFORMS:
        grouped = sources_for(platform, tree, includes, where, sets)
        count = sum(map(len, grouped.values()))
        print(f"{platform}: {count} sources", file=sys.stderr)
        isas = sorted(filter(None, grouped))
        out.append(f"set(XNNPACK_{platform}_SETS {' '.join(isas)})")
        for isa in ["", *isas]:
            suffix = f"_{isa}" if isa else ""
            out.append(f"set(XNNPACK_{platform}_SOURCES{suffix}")
            out += [f"    {source}" for source in sorted(grouped[isa])]
            out[-1] += ")"
        out.append("")
    (SUPPORT / "sources.cmake").write_text("\n".join(out))


main()
