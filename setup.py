"""List the native extensions and the modules that are compiled as they stand; everything else is in pyproject.toml."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from Cython.Build import cythonize
from mypyc.build import mypycify
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.modified import newer_group

CHECKED = os.environ.get("FASTDESK_CHECKED") == "1"
ANNOTATE = os.environ.get("FASTDESK_ANNOTATE") == "1"

NATIVE = [
    "fastdesk._core.lru",
    "fastdesk._core.token_bucket",
    "fastdesk._core.bloom",
    "fastdesk._core.alphabet",
    "fastdesk._core.checksum",
    "fastdesk._core.id_table",
    "fastdesk._core.index_terms",
    "fastdesk._core.json_form",
    "fastdesk._core.pack",
    "fastdesk._core.request_scan",
    "fastdesk._core.response_scan",
    "fastdesk._core.struct_fields",
    "fastdesk._core.text_scan",
    "fastdesk._core.keyword_matcher",
    "fastdesk._core.unpack",
    "fastdesk._core.ws_assembler",
    "fastdesk._core.ws_endpoint",
    "fastdesk._core.ws_listener",
    "fastdesk._core.ws_protocol",
]

# The way of a message: plain Python that is run, and debugged, uncompiled as well (docs/decisions/008-compiled-corridor.md).
COMPILED = [
    "ai/alarm.py",
    "ai/answer.py",
    "ai/asking.py",
    "ai/assistant.py",
    "ai/attempt.py",
    "ai/breaker.py",
    "ai/counters.py",
    "ai/draft.py",
    "ai/guard.py",
    "ai/http_connection.py",
    "ai/http_endpoint.py",
    "ai/language.py",
    "ai/limits.py",
    "ai/lines.py",
    "ai/models.py",
    "ai/openai_http.py",
    "ai/openai_wire.py",
    "ai/pool.py",
    "ai/prompt.py",
    "ai/run.py",
    "ai/run_kit.py",
    "ai/sentences.py",
    "ai/setup.py",
    "ai/tokens.py",
    "desk/blocks.py",
    "dialogue/context.py",
    "dialogue/flows.py",
    "hooks/pending.py",
    "hooks/registry.py",
    "hub/hub.py",
    "hub/live.py",
    "hub/session.py",
    "model/folding.py",
    "model/template.py",
    "model/turn.py",
    "observe/clock.py",
    "observe/ledger.py",
    "pipeline/answering.py",
    "pipeline/authenticate.py",
    "pipeline/blocks.py",
    "pipeline/following.py",
    "pipeline/opening.py",
    "pipeline/parse.py",
    "pipeline/process.py",
    "pipeline/repeats.py",
    "pipeline/reply.py",
    "pipeline/rooms.py",
    "pipeline/route.py",
    "pipeline/runner.py",
    "pipeline/scribe.py",
    "pipeline/targets.py",
    "pipeline/words.py",
    "plugins/assistance.py",
    "plugins/assistant.py",
    "plugins/contexts.py",
    "plugins/flows.py",
    "plugins/human.py",
    "plugins/outside_bot.py",
    "plugins/rules.py",
    "protocol/codec.py",
    "rules/actions.py",
    "rules/book.py",
    "rules/compiled.py",
    "rules/conditions.py",
    "rules/facts.py",
    "rules/run.py",
    "rules/text_index.py",
    "store/batch.py",
    "store/event_bytes.py",
    "store/feed.py",
    "store/freshness.py",
    "store/journal.py",
    "store/sqlite.py",
    "tenants/compiled.py",
    "tenants/gate.py",
    "tenants/limits.py",
    "tenants/records.py",
    "tenants/revs.py",
    "tenants/tokens.py",
    "transport/guest.py",
    "transport/head.py",
    "transport/http/admission.py",
    "transport/http/ask.py",
    "transport/http/exchange.py",
    "transport/http/quick.py",
    "transport/http/sessions.py",
    "transport/websocket.py",
]

# Behind mypyc's headers, in front of what it makes of the modules: the caches of the places that read attributes.
MYPYC_HEADER = '#include "__native_internal_fastdesk.h"\n'
INLINE_CACHE = "src/fastdesk/_core/inline_cache.h"

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


native = cythonize(
    [extension(name) for name in NATIVE],
    compiler_directives=DIRECTIVES,
    include_path=["src"],
    annotate=ANNOTATE,
    build_dir="build/cython-checked" if CHECKED else "build/cython",
)


def compiled() -> list[Extension]:
    # Types are checked by `make lint`; here a library that is not installed must not stop the build.
    extensions: list[Extension] = mypycify(
        [
            "--config-file=",
            "--ignore-missing-imports",
            "--follow-imports=silent",
            *(f"src/fastdesk/{path}" for path in COMPILED),
        ],
        opt_level="2",
        debug_level="0",
        target_dir="build/mypyc",
        group_name="fastdesk",
        multi_file=True,
    )
    for each in extensions:
        if each.name.endswith("__mypyc"):  # the library itself, the others only lead into it
            # Calls between the modules stay inside of the library: 7 % fewer cycles for a message.
            each.extra_compile_args += ["-fvisibility=hidden", "-fno-semantic-interposition"]
            each.sources = [with_caches(source) for source in each.sources]
            each.depends = [*each.depends, INLINE_CACHE]
    return extensions


def with_caches(source: str) -> str:
    """Write a copy of generated code that has the inline caches; one that is the same stays as old as it is."""
    code = Path(source).read_text()
    if not Path(source).name.startswith("__native_"):
        return source  # mypyc's own library
    assert code.count(MYPYC_HEADER) == 1, f"mypyc writes {source} in another way now"
    copy = Path(source).with_name(f"cached{Path(source).name}")
    cached = code.replace(MYPYC_HEADER, f'{MYPYC_HEADER}#include "{Path(INLINE_CACHE).resolve()}"\n')
    if not copy.exists() or copy.read_text() != cached:
        copy.write_text(cached)
    return str(copy)


class Build(build_ext):
    """Compile the files of one extension side by side, and only those that have changed."""

    def build_extension(self, extension: Extension) -> None:
        if len(extension.sources) > 1:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                objects = list(pool.map(lambda source: self._compile(source, extension), extension.sources))
            extension.sources, extension.extra_objects = [], objects
            extension.depends = [*extension.depends, *objects]
        super().build_extension(extension)

    def _compile(self, source: str, extension: Extension) -> str:
        (made,) = self.compiler.object_filenames([source], output_dir=self.build_temp)
        if self.force or newer_group([source, *extension.depends], made):
            self.compiler.compile(
                [source],
                output_dir=self.build_temp,
                include_dirs=extension.include_dirs,
                extra_postargs=extension.extra_compile_args,
            )
        return made


setup(cmdclass={"build_ext": Build}, ext_modules=native if CHECKED or ANNOTATE else native + compiled())
