#!/usr/bin/env bash
# safetensors 0.8.0 writes NumPy arrays that are not in C order as they lie in memory, under the shape
# that they show: what is read back has other numbers, and nothing says so. 0.7.0 wrote them right. The
# documentation asks for "contiguous and dense" arrays, which one in Fortran's order is. A checkpoint
# made this way (for instance with `weight.T`) is a valid file, so no reader, refscout neither, can tell.
#
# Installs both versions in a folder of its own and removes it. Exits 1 when they behave otherwise.
set -euo pipefail

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

cat >"$place/order.py" <<'END'
import importlib.metadata
import sys

import numpy
from safetensors.numpy import load, save

version = importlib.metadata.version("safetensors")
print(f"safetensors {version}, numpy {numpy.__version__}")
matrix = numpy.arange(6, dtype=numpy.float32).reshape(2, 3)
arrays = {
    "in C order": matrix,
    "transposed": matrix.T,
    "in Fortran's order": numpy.asfortranarray(matrix),
    "every second column": numpy.arange(12, dtype=numpy.float32).reshape(2, 6)[:, ::2],
}
changed = []
for name, array in arrays.items():
    back = load(save({"x": array}))["x"]
    same = numpy.array_equal(array, back)
    changed += [] if same else [name]
    print(f"  {name}: wrote {array.tolist()}, read {back.tolist()}{'' if same else '   <- other numbers'}")
expected = {"0.8.0": list(arrays)[1:], "0.7.0": []}[version]
sys.exit(changed != expected)
END

python3 -m venv "$place/venv"
for version in 0.7.0 0.8.0; do
    "$place/venv/bin/pip" install -q --disable-pip-version-check "safetensors==$version" numpy==2.4.6
    "$place/venv/bin/python" "$place/order.py" || {
        echo "safetensors $version behaves otherwise than described"
        exit 1
    }
done
echo "as described: 0.8.0 changes three of four arrays silently, 0.7.0 none"
