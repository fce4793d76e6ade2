"""Start the fast stand-in model, which shares a core with the load generator without being the limit."""

from __future__ import annotations

import subprocess
import time
from typing import Self

import msgspec

from benchmarks.load.native import fast_model_path
from benchmarks.load.server import accepts_connections, free_port

ANSWER = "The stand-in model answers {ref}. It goes on for a second sentence. This is the last one."

_START_TIMEOUT_S = 10


class ModelTotals(msgspec.Struct, frozen=True):
    """What a model has served; `delay_ms` is its answers' delay as it really was, on average."""

    calls: int = 0
    streams: int = 0
    delay_ms: float = 0.0


class FastModel:
    """A healthy OpenAI-compatible model with an exact delay, in a process of its own; a context manager.

    Its answer is `ANSWER`, in which {ref} is the last word `ref-…` of the request: several sentences, because a desk
    shows an answer sentence by sentence.
    """

    def __init__(
        self, *, delay_ms: float, chunks: int = 20, chunk_gap_ms: float = 0, core: int | None = None
    ) -> None:
        self.port = free_port()
        pinned = [] if core is None else ["taskset", "-c", str(core)]
        options = [str(self.port), str(delay_ms), str(chunks), str(chunk_gap_ms)]
        self._command = [*pinned, str(fast_model_path()), *options]
        self._process: subprocess.Popen[bytes] | None = None
        self.totals = ModelTotals()

    @property
    def base_url(self) -> str:
        """What `FASTDESK_AI_BASE_URL` wants."""
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> Self:
        """Start the process and return when it accepts calls."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE)
        until = time.monotonic() + _START_TIMEOUT_S
        while not accepts_connections(self.port):
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the fast model did not start")
            time.sleep(0.005)
        return self

    def stop(self) -> ModelTotals:
        """End the process and return what it has served."""
        if self._process is not None:
            self._process.terminate()
            output, _ = self._process.communicate()
            self.totals = msgspec.json.decode(output, type=ModelTotals)
            self._process = None
        return self.totals

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
