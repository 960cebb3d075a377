"""examples/refscout_ctypes.py, and docs/python.md as it is written, with NumPy and without.

test_python.py REFSCOUT LIBRARY
"""

import array
import doctest
import importlib
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
REFSCOUT, LIBRARY = sys.argv[1:3]
TEXT = "Place cells of the hippocampus."
PAPERS = [
    {"title": "Sleep spindles", "abstract": "Sleep and the cortex, asleep.", "authors": ["Li Na"]},
    {"title": "Place cells", "abstract": "Place cells of the rat.", "authors": ["Ada Lovelace"]},
    {"title": "Ships", "abstract": "Hulls, sails, rudders.", "authors": ["Ida Ek"]},
]
sys.path.insert(0, str(ROOT / "examples"))


def refscout(*args, text=None):
    run = subprocess.run([REFSCOUT, *map(str, args)], input=text, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


class PythonTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        path = pathlib.Path(cls.folder.name)
        cls.model, cls.index, cls.other = path / "model", path / "index", path / "other"
        checkpoints = ROOT / "tests/golden/checkpoints"
        refscout("convert", checkpoints / "tiny-bf16", "-o", cls.model)
        refscout("convert", checkpoints / "tanh", "-o", cls.other)
        (path / "papers.json").write_text(json.dumps(PAPERS), encoding="utf-8")
        # By words: the tiny model has random weights, and what it finds near is nothing to be shown.
        refscout("embed", "--model", cls.model, path / "papers.json", "-o", cls.index, "--score", "lexical")

    def check(self, with_numpy):
        if not with_numpy:
            hidden = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "numpy"}
            sys.modules["numpy"] = None  # an import of it fails
            self.addCleanup(sys.modules.update, hidden)
            self.addCleanup(sys.modules.pop, "numpy")
        sys.modules.pop("refscout_ctypes", None)
        module = importlib.import_module("refscout_ctypes")
        with module.Refscout(self.model, self.index, library=LIBRARY) as scout:
            vector = scout.embed(TEXT)
            wanted = json.loads(refscout("encode", "--model", self.model, text=TEXT + "\n"))["embedding"]
            self.assertEqual(vector.tolist(), array.array("f", wanted).tolist())
            self.assertEqual(type(vector).__name__, "ndarray" if with_numpy else "array")
            answer = json.loads(
                refscout("search", "--model", self.model, "--index", self.index, "--json", "--text", TEXT)
            )
            self.assertEqual(scout.search(TEXT), answer)
        with module.Refscout(self.model, library=LIBRARY) as scout:
            self.assertEqual(scout.embed(TEXT).tolist(), vector.tolist())
            with self.assertRaisesRegex(ValueError, "needs an index"):
                scout.search(TEXT)
        with self.assertRaisesRegex(module.Error, "made by another model"):
            module.Refscout(self.other, self.index, library=LIBRARY)
        names = {"model_path": self.model, "index_path": self.index, "library_path": LIBRARY}
        done = doctest.testfile(str(ROOT / "docs/python.md"), module_relative=False, globs=names)
        self.assertGreater(done.attempted, 5)
        self.assertEqual(done.failed, 0)

    def test_without_numpy(self):
        self.check(False)

    def test_with_numpy(self):
        try:
            importlib.import_module("numpy")
        except ImportError:
            self.skipTest("this Python has no NumPy")
        self.check(True)


unittest.main(argv=sys.argv[:1])
