"""List the native extensions and their compiler directives; everything else stands in pyproject.toml."""

import os

from Cython.Build import cythonize
from setuptools import Extension, setup

CHECKED = os.environ.get("FASTDESK_CHECKED") == "1"
ANNOTATE = os.environ.get("FASTDESK_ANNOTATE") == "1"

NATIVE = [
    "fastdesk._core.lru",
    "fastdesk._core.token_bucket",
    "fastdesk._core.bloom",
    "fastdesk._core.alphabet",
    "fastdesk._core.keyword_matcher",
    "fastdesk._core.ws_assembler",
    "fastdesk._core.ws_endpoint",
    "fastdesk._core.ws_listener",
    "fastdesk._core.ws_protocol",
]

DIRECTIVES = {
    "language_level": 3,
    "binding": True,
    "boundscheck": CHECKED,
    "wraparound": CHECKED,
    "nonecheck": CHECKED,
    "overflowcheck": CHECKED,
    "cdivision": not CHECKED,
    "initializedcheck": CHECKED,
    "freethreading_compatible": False,
}


def extension(name: str) -> Extension:
    path = "src/" + name.replace(".", "/") + ".pyx"
    return Extension(name, [path], extra_compile_args=["-O1", "-g"] if CHECKED else ["-O3"])


setup(
    ext_modules=cythonize(
        [extension(name) for name in NATIVE if os.path.exists("src/" + name.replace(".", "/") + ".pyx")],
        compiler_directives=DIRECTIVES,
        include_path=["src"],
        annotate=ANNOTATE,
        build_dir="build/cython-checked" if CHECKED else "build/cython",
    )
)
