"""The head of a request, and the answer to one that is refused. No I/O.

Enters: the bytes up to and with the empty line. Leaves: a `Head` or a `Refusal`. The fields are read by llhttp (httptools),
the parser that the HTTP server behind this door uses too, so that both see the same request. A peer that polls writes the
same fields with every request: they are read once and found again by their bytes.
"""

from http import HTTPStatus
from typing import Final

import httptools
import msgspec

from fastdesk._core import LRUCache, read_request_line
from fastdesk.protocol.codes import CODES

__all__ = ["Fields", "Head", "HeadReader", "Refusal", "bearer_of"]

_MAX_FIELDS: Final = 100
#: Fields that ask for more than an answer to a whole request.
_UNUSUAL: Final = frozenset({b"transfer-encoding", b"content-encoding", b"expect", b"upgrade"})


class Fields:
    """The fields of a head: names in lower case, a repeated field's values joined (RFC 9110, 5.3).

    `body_bytes` is the size of the body that follows, unless it is chunked. `bearer` is the token of the Authorization field.
    `is_plain` says that nothing more is asked for than an answer to a whole request, on a connection that is kept;
    `wants_stream` that the answer shall be an event stream.
    """

    __slots__ = ("_is_whole", "bearer", "body_bytes", "is_chunked", "is_plain", "values", "wants_stream")

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}
        self.body_bytes = 0
        self.is_chunked = False
        self.is_plain = False
        self.wants_stream = False
        self.bearer = ""
        self._is_whole = False

    # What the parser finds.

    def on_header(self, name: bytes, value: bytes) -> None:
        name, value = name.lower(), value.rstrip(b" \t")
        before = self.values.get(name)
        self.values[name] = value if before is None else before + b", " + value

    def on_headers_complete(self) -> None:
        values = self.values
        self._is_whole = True
        self.body_bytes = int(values.get(b"content-length", 0))
        self.is_chunked = b"transfer-encoding" in values
        is_kept = values.get(b"connection", b"keep-alive").lower() == b"keep-alive"
        self.is_plain = is_kept and values.keys().isdisjoint(_UNUSUAL)
        self.wants_stream = values.get(b"accept", b"").find(b"text/event-stream") >= 0
        self.bearer = bearer_of(values.get(b"authorization", b"").decode("latin-1"))

    @property
    def is_whole(self) -> bool:
        """Tell whether the parser came to the end of the head."""
        return self._is_whole


class Head:
    """A request line and its fields. `raw` is what was read; `path` and `query` are as they came, nothing is decoded.

    `is_plain` says that nothing in the query has to be decoded.
    """

    __slots__ = ("fields", "is_http_11", "is_plain", "method", "path", "query", "raw")

    def __init__(
        self, raw: bytes, method: str, path: str, query: str, is_plain: bool, is_http_11: bool, fields: Fields
    ) -> None:
        self.raw = raw
        self.method = method
        self.path = path
        self.query = query
        self.is_plain = is_plain
        self.is_http_11 = is_http_11
        self.fields = fields

    def value(self, name: bytes) -> str:
        """Return the field `name`, or nothing."""
        return self.fields.values.get(name, b"").decode("latin-1")

    def tokens(self, name: bytes) -> list[str]:
        """Return the comma-separated parts of the field `name`."""
        return [part.strip() for part in self.value(name).split(",") if part.strip()]


class Refusal(msgspec.Struct, frozen=True):
    """A fixed answer that ends the connection; nothing of the request is repeated in it."""

    status: int
    code: str
    message: str = ""
    fields: tuple[tuple[str, str], ...] = ()

    def body(self) -> bytes:
        """Return the problem document."""
        return msgspec.json.encode({"code": self.code, "message": self.message or CODES[self.code][1]})

    def render(self) -> bytes:
        """Return the whole response."""
        body = self.body()
        lines = [
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}",
            "Content-Type: application/problem+json",
            f"Content-Length: {len(body)}",
            "Connection: close",
            *(f"{name}: {value}" for name, value in self.fields),
        ]
        return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body


_BAD: Final = Refusal(400, "bad_request")


class HeadReader:
    """Read heads; the fields of the last ones are kept, `max_bytes` of them."""

    def __init__(self, max_bytes: int = 8 << 20) -> None:
        self._known: LRUCache[bytes, Fields] = LRUCache(max_bytes // 512, max_bytes)

    def read(self, raw: bytes) -> Head | Refusal:
        """Read a request's head with its empty line; 400 for anything but HTTP/1.0 or 1.1 in origin form."""
        line = read_request_line(raw)
        if line is None:
            return _BAD
        method, path, query, is_plain, is_http_11, rest = line
        fields = self._known.get(rest) or self._read_fields(rest)
        if fields is None:
            return _BAD
        return Head(raw, method, path, query, is_plain, is_http_11, fields)

    def _read_fields(self, rest: bytes) -> Fields | None:
        fields = Fields()
        try:
            httptools.HttpRequestParser(fields).feed_data(b"GET / HTTP/1.1\r\n" + rest)
        except httptools.HttpParserUpgrade:
            pass  # only what follows the head is something else
        except httptools.HttpParserError:
            return None
        if not fields.is_whole or rest.count(b"\n") > _MAX_FIELDS + 1:
            return None
        # The bytes stand there twice, beside some hundreds for the objects.
        self._known.put(rest, fields, 600 + 2 * len(rest) + 100 * len(fields.values))
        return fields


def bearer_of(authorization: str) -> str:
    """Return the token of an Authorization field, "" where it has none."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
