"""Passwords of agents: argon2id (RFC 9106), off the loop because it is slow on purpose."""

import asyncio
import hashlib

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

__all__ = ["hash_password", "hash_token", "verify_password"]

_hasher = PasswordHasher()  # argon2-cffi's defaults follow RFC 9106's low-memory recommendation
#: Verified in place of a missing agent's, so that known and unknown addresses take the same time. Written down, because to
#: make it takes a tenth of a second of every start.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$1l5YazxDpXBZt65j2ONX4A$exoCLFiBEcVgKUY9Q6XpX2VCaIxkl9hbcsM+qJXFQr4"


def hash_password(password: str) -> str:
    """Return the argon2id hash of `password`; takes tens of milliseconds."""
    return _hasher.hash(password)


async def verify_password(stored: str | None, password: str) -> bool:
    """Tell whether `password` belongs to `stored`; takes the same time when there is no such agent (None)."""
    return await asyncio.to_thread(_verify, stored or _NOBODY, password) and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def hash_token(token: str) -> str:
    """Return the SHA-256 of a random token, by which it is stored and found; tokens are too long to guess."""
    return hashlib.sha256(token.encode()).hexdigest()
