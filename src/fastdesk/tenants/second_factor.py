"""Second factor of agents: time-based one-time passwords (RFC 6238: HMAC-SHA-1, 30 s, six digits), and recovery codes."""

import base64
import hmac
import struct

from fastdesk.observe.clock import Entropy
from fastdesk.tenants.passwords import hash_token

__all__ = [
    "code_at",
    "new_recovery_codes",
    "new_seed",
    "right_step",
    "without_recovery_code",
]

_STEP_MS = 30_000
_RECOVERY_CODES = 10
_RECOVERY_BYTES = 10


def new_seed(entropy: Entropy) -> str:
    """Make a seed of 160 bits in base 32, as authenticator apps take it."""
    return base64.b32encode(entropy.random_bytes(20)).decode("ascii")


def code_at(seed: str, now_ms: int) -> str:
    """Return the six digits that are right at a time (RFC 4226, 5.3)."""
    mac = hmac.digest(base64.b32decode(seed), struct.pack(">Q", now_ms // _STEP_MS), "sha1")
    offset = mac[-1] & 15
    return f"{(struct.unpack_from('>I', mac, offset)[0] & 0x7FFFFFFF) % 1_000_000:06}"


def right_step(seed: str, code: str, now_ms: int) -> int | None:
    """Return the 30 seconds that a code is right for: these, or those before or behind, as clocks differ; None for a wrong one."""
    given = _plain(code).encode()
    found = None
    for step in (-1, 0, 1):
        at_ms = now_ms + step * _STEP_MS
        if hmac.compare_digest(code_at(seed, at_ms).encode(), given):
            found = at_ms // _STEP_MS
    return found


def new_recovery_codes(entropy: Entropy) -> tuple[list[str], tuple[str, ...]]:
    """Make ten codes of 80 random bits, and the hashes by which they are known again."""
    codes = [
        base64.b32encode(entropy.random_bytes(_RECOVERY_BYTES)).decode("ascii").lower()
        for _ in range(_RECOVERY_CODES)
    ]
    return [f"{code[:8]}-{code[8:]}" for code in codes], tuple(map(hash_token, codes))


def without_recovery_code(hashes: tuple[str, ...], code: str) -> tuple[str, ...] | None:
    """Return the hashes that are left once `code` is used up, None when it is none of them."""
    used = hash_token(_plain(code).lower())
    return tuple(each for each in hashes if each != used) if used in hashes else None


def _plain(code: str) -> str:
    return code.replace(" ", "").replace("-", "").strip()
