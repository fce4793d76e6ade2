"""Second factor of agents: time-based one-time passwords (RFC 6238: HMAC-SHA-1, 30 s, six digits)."""

import base64
import hmac
import struct

from fastdesk.observe.clock import Entropy

__all__ = ["code_at", "is_right_code", "new_seed"]

_STEP_MS = 30_000


def new_seed(entropy: Entropy) -> str:
    """Make a seed of 160 bits in base 32, as authenticator apps take it."""
    return base64.b32encode(entropy.random_bytes(20)).decode("ascii")


def code_at(seed: str, now_ms: int) -> str:
    """Return the six digits that are right at a time (RFC 4226, 5.3)."""
    mac = hmac.digest(base64.b32decode(seed), struct.pack(">Q", now_ms // _STEP_MS), "sha1")
    offset = mac[-1] & 15
    return f"{(struct.unpack_from('>I', mac, offset)[0] & 0x7FFFFFFF) % 1_000_000:06}"


def is_right_code(seed: str, code: str, now_ms: int) -> bool:
    """Tell whether a code is right now, one step before or one step after: clocks differ."""
    given = code.strip().replace(" ", "").encode()
    return any(
        hmac.compare_digest(code_at(seed, now_ms + step * _STEP_MS).encode(), given) for step in (-1, 0, 1)
    )
