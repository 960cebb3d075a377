"""tools/check_layers.py: what it refuses, each in a small src/ that is right but for that."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parent.parent / "tools" / "check_layers.py"

LAYERS = """
low
    alone   <unistd.h>
front.h
high
    left+right
front
"""
FILES = {
    "low/alone.h": "#include <stddef.h>\n",
    "low/alone.c": '#include "low/alone.h"\n#include <unistd.h>\n',
    "low/other.h": '#include "low/alone.h"\n',
    "front.h": '#include "low/alone.h"\n',
    "front.c": '#include "front.h"\n#include "high/left.h"\n',
    "high/left.h": '#include "front.h"\n',
    "high/left.c": '#include "high/left.h"\n#include "high/right.h"\n',
    "high/left_plain.c": '#include "high/left.h"\n#include "low/other.h"\n',
    "high/right.h": '#include "high/left.h"\n',
}

# what is other than above, and the one sentence that must follow; None: nothing
CASES = [
    ({}, None),
    (
        {"low/other.h": '\n#include "high/left.h"\n'},
        "src/low/other.h:2: includes high/left.h, but high comes later than low in layers.txt",
    ),
    (
        {"low/other.h": '#include "front.h"\n'},
        "src/low/other.h:1: includes front.h, but front.h comes later than low in layers.txt",
    ),
    (
        {"low/alone.c": '#include "low/other.h"\n'},
        "src/low/other.h:1: includes low/alone.h, which closes a circle: alone -> other -> alone",
    ),
    (
        {"layers.txt": LAYERS.replace("left+right", "left\n    right")},
        "src/high/right.h:1: includes high/left.h, which closes a circle: left -> right -> left",
    ),
    (
        {"low/other.h": '#include "alone.h"\n'},
        'src/low/other.h:1: includes alone.h, which is no header of src/: write "ROOM/FILE.h"',
    ),
    (
        {"low/other.h": '#include "low/gone.h"\n'},
        'src/low/other.h:1: includes low/gone.h, which is no header of src/: write "ROOM/FILE.h"',
    ),
    (
        {"low/other.h": "#include <unistd.h>\n"},
        "src/low/other.h:1: includes unistd.h, which layers.txt does not allow for low/other",
    ),
    (
        {"front.c": "#include <unistd.h>\n"},
        "src/front.c:1: includes unistd.h, which layers.txt does not allow for front",
    ),
    ({"new/file.c": ""}, "src/new/file.c: lies in no room of layers.txt"),
    ({"low/deep/file.c": ""}, "src/low/deep/file.c: lies in no room of layers.txt"),
    ({"high/alone.c": ""}, "src/: the module alone lies in high and in low"),
    ({"layers.txt": LAYERS + "attic\n"}, "src/layers.txt: there is no attic"),
    (
        {"layers.txt": LAYERS.replace("alone", "gone")},
        [
            "src/layers.txt: there is no low/gone",
            "src/low/alone.c:2: includes unistd.h, which layers.txt does not allow for low/alone",
        ],
    ),
]


class LayersTest(unittest.TestCase):
    def test_cases(self):
        for changes, want in CASES:
            with self.subTest(changes=changes), tempfile.TemporaryDirectory() as folder:
                src = pathlib.Path(folder)
                for name, text in ({"layers.txt": LAYERS} | FILES | changes).items():
                    (src / name).parent.mkdir(parents=True, exist_ok=True)
                    (src / name).write_text(text, encoding="utf-8")
                run = subprocess.run(
                    [sys.executable, "-B", CHECK, "--src", src], capture_output=True, text=True, check=False
                )
                lines = [want] if isinstance(want, str) else want or []
                self.assertEqual(run.stderr.splitlines(), lines)
                self.assertEqual(run.returncode, 1 if lines else 0)


if __name__ == "__main__":
    unittest.main()
