"""refscout in Python, by ctypes and the shared library: embeddings as NumPy arrays, searches as dictionaries.

Copy it, or take from it what you need; docs/python.md shows how it is used. What the functions promise stands in
refscout.h. Without NumPy an embedding is an array.array of the standard library.
"""

import array
import ctypes
import json
import mmap
from ctypes import POINTER, byref, c_char, c_char_p, c_float, c_int, c_size_t, c_void_p

try:
    import numpy
except ImportError:
    numpy = None


class Error(Exception):
    """What the library refuses, as a sentence; .status is its rs_status."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class _Error(ctypes.Structure):  # rs_error
    _fields_ = [("status", c_int), ("offset", c_size_t), ("message", c_char * 256)]


class _ModelInfo(ctypes.Structure):  # how rs_model_info begins
    _fields_ = [
        (name, c_size_t) for name in "vocab_size hidden_size layers heads ffn_size positions max_tokens".split()
    ]


def _load(path):
    library = ctypes.CDLL(path)
    file, out = [c_void_p, c_size_t], POINTER(c_void_p)
    for name, result, arguments in [
        ("rs_model_open", c_int, [*file, c_void_p, out, POINTER(_Error)]),
        ("rs_model_describe", POINTER(_ModelInfo), [c_void_p]),
        ("rs_model_close", None, [c_void_p]),
        ("rs_session_open", c_int, [c_void_p, c_void_p, out, POINTER(_Error)]),
        ("rs_session_close", None, [c_void_p]),
        ("rs_embed", c_int, [c_void_p, c_char_p, c_size_t, POINTER(c_float), *[POINTER(c_size_t)] * 3]),
        ("rs_index_open", c_int, [*file, c_void_p, out, POINTER(_Error)]),
        ("rs_index_check", c_int, [c_void_p, c_void_p, c_char_p, POINTER(_Error)]),
        ("rs_index_close", None, [c_void_p]),
        ("rs_search", c_int, [c_void_p, c_void_p, c_char_p, c_size_t, c_size_t, out, POINTER(_Error)]),
        ("rs_sha256", None, [*file, c_char * 65]),
        ("rs_string_free", None, [c_void_p]),
        ("rs_status_name", c_char_p, [c_int]),
    ]:
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class _File:
    """A file's bytes where the library can read them: mapped, so that its address is a multiple of 64."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        self.bytes = (c_char * len(self.map)).from_buffer(self.map)
        self.place = ctypes.addressof(self.bytes), len(self.map)


class Refscout:
    """A model, and an index that was made with it. Used by one thread at a time; to be closed, or used by `with`."""

    def __init__(self, model_path, index_path=None, library="librefscout.so"):
        self._library = _load(library)
        self._model, self._session, self._index = c_void_p(), c_void_p(), c_void_p()
        self._files = [_File(path) for path in (model_path, index_path) if path]
        try:
            self._open(self._files[0].place, *(file.place for file in self._files[1:]))
        except Error:
            self.close()
            raise
        self.hidden_size = self._library.rs_model_describe(self._model).contents.hidden_size

    def _open(self, model, index=None):
        self._call("rs_model_open", *model, None, byref(self._model))
        self._call("rs_session_open", self._model, None, byref(self._session))
        if index:
            sha256 = (c_char * 65)()
            self._library.rs_sha256(*model, sha256)
            self._call("rs_index_open", *index, None, byref(self._index))
            self._call("rs_index_check", self._index, self._model, sha256.value)

    def _call(self, name, *arguments):
        error = _Error()
        status = getattr(self._library, name)(*arguments, byref(error))
        if status:
            raise Error(status, error.message.decode(errors="replace"))

    def embed(self, text):
        """The text's vector as the model pools it, not normalised: float32 [hidden_size]."""
        raw = text.encode()
        vector = (
            numpy.empty(self.hidden_size, numpy.float32) if numpy else array.array("f", bytes(4 * self.hidden_size))
        )
        out = (c_float * self.hidden_size).from_buffer(vector)
        status = self._library.rs_embed(self._session, raw, len(raw), out, None, None, None)
        if status:
            raise Error(status, self._library.rs_status_name(status).decode())
        return vector

    def search(self, text, top=10):
        """{"query", "papers", "people"}: what rs_report in refscout.h describes."""
        if not self._index:
            raise ValueError("a search needs an index: name its file when the model is opened")
        raw, answer = text.encode(), c_void_p()
        self._call("rs_search", self._session, self._index, raw, len(raw), top, byref(answer))
        try:
            return json.loads(ctypes.string_at(answer))
        finally:
            self._library.rs_string_free(answer)

    def close(self):
        for name in ("index", "session", "model"):
            handle = getattr(self, f"_{name}")
            getattr(self._library, f"rs_{name}_close")(handle)
            handle.value = None
        self._files = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
