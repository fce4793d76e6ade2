"""What stays in the process: the context cache against Redis on loopback, and the word filter."""

from __future__ import annotations

import os
import random
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.load.bench import Bench
from benchmarks.load.results import Row
from benchmarks.load.scenarios import Scenario, Skip, less, more
from benchmarks.load.server import Server, accepts_connections, free_port

_ROUNDS = 7
_OPERATIONS, _REDIS_OPERATIONS = 20_000, 4_000
_CONVERSATIONS, _CONTEXT_LENGTH = 10_000, 20
_MESSAGE = "您好，这款商品现价 128 元，两件起包邮。"


@contextmanager
def _pinned(core: int) -> Iterator[None]:
    """Run this process on one core, as a server would."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _rates(run: Callable[[int], None], operations: int) -> list[float]:
    """Return operations per second, round by round, after one to warm up."""
    run(operations)
    rates = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        run(operations)
        rates.append(operations / (time.perf_counter() - started))
    return rates


def _context_cache(bench: Bench, row: Row) -> None:
    from benchmarks.micro.subjects import context_run

    redis = shutil.which("redis-server")
    if redis is None:
        raise Skip("redis-server is not installed")
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    server = Server(
        [redis, *options],
        bench.folder / "redis.log",
        lambda: accepts_connections(port),
        core=bench.method.generator_core,
    )
    with _pinned(bench.method.server_core), server:
        bench.note("Redis")
        by_socket = max(_rates(_over_a_socket(port), _REDIS_OPERATIONS))
        over_redis_py = _over_redis_py(port)
        by_library = max(_rates(over_redis_py, _REDIS_OPERATIONS)) if over_redis_py else None
        bench.note("context cache")
        rates = _rates(context_run(), _OPERATIONS)
    row.facts["in the process, per s"] = round(max(rates))
    row.facts["Redis over a bare socket, per s"] = round(by_socket)
    if by_library is not None:
        row.facts["Redis over redis-py, per s"] = round(by_library)
    row.goals = [more("rate over Redis by a bare socket", "×", max(rates) / by_socket, 50, 500)]


def _command(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


def _over_a_socket(port: int) -> Callable[[int], None]:
    """Append, trim and read in one round trip, with the least that a program can do about it."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    message = _MESSAGE.encode()
    rng = random.Random(3)
    requests = []
    for _ in range(_REDIS_OPERATIONS):
        key = b"conversation-%d" % rng.randrange(_CONVERSATIONS)
        append = _command(b"RPUSH", key, message)
        trim = _command(b"LTRIM", key, b"-%d" % _CONTEXT_LENGTH, b"-1")
        requests.append(append + trim + _command(b"LRANGE", key, b"0", b"-1"))

    def run(count: int) -> None:
        for request in requests[:count]:
            connection.sendall(request)
            answer = connection.recv(65536)
            # :LENGTH, +OK, *LENGTH: the answer is whole when all of its strings are.
            wanted = (
                2 + 2 * int(answer[answer.index(b"*") + 1 : answer.index(b"\r\n", answer.index(b"*"))]) + 1
            )
            while answer.count(b"\r\n") < wanted:
                answer += connection.recv(65536)

    return run


def _over_redis_py(port: int) -> Callable[[int], None] | None:
    try:
        import redis
    except ImportError:
        return None
    store = redis.Redis("127.0.0.1", port)
    rng = random.Random(3)
    keys = [f"conversation-{rng.randrange(_CONVERSATIONS)}" for _ in range(_REDIS_OPERATIONS)]

    def run(count: int) -> None:
        for key in keys[:count]:
            pipeline = store.pipeline(transaction=False)
            pipeline.rpush(key, _MESSAGE)
            pipeline.ltrim(key, -_CONTEXT_LENGTH, -1)
            pipeline.lrange(key, 0, -1)
            pipeline.execute()

    return run


def _word_filter(bench: Bench, row: Row) -> None:
    from benchmarks.micro.subjects import filter_words, keywords_run

    with _pinned(bench.method.server_core):
        rates = _rates(keywords_run(), _OPERATIONS)
    row.facts["words"] = len(filter_words())
    row.facts["texts of 60 characters per s"] = round(max(rates))
    row.goals = [less("time of a text without a hit", "µs", 1e6 / max(rates), 2, 0.8)]


SCENARIOS = (
    Scenario("context-cache", "memory", "Context cache against Redis", _context_cache, quick=True),
    Scenario("word-filter", "memory", "Word filter", _word_filter, quick=True),
)
