"""Passwords: hashed with argon2id, verified off the loop, nothing learned from a missing agent."""

from fastdesk.tenants import passwords
from fastdesk.tenants.passwords import hash_password, hash_token, verify_password


async def test_only_the_right_password_is_right() -> None:
    stored = hash_password("correct horse")
    assert stored.startswith("$argon2id$")
    assert stored != hash_password("correct horse"), "each hash has a salt of its own"
    assert await verify_password(stored, "correct horse")
    assert not await verify_password(stored, "correct horse ")
    assert not await verify_password("no hash at all", "correct horse")


async def test_nobody_has_a_password() -> None:
    assert not await verify_password(None, "nobody has this password")


def test_a_missing_agent_takes_as_long_as_any_other() -> None:
    hasher = passwords._hasher
    assert hasher.verify(passwords._NOBODY, "nobody has this password")
    assert not hasher.check_needs_rehash(passwords._NOBODY), "its costs are those of every other hash"


def test_a_token_is_stored_by_a_digest_that_does_not_show_it() -> None:
    assert hash_token("a") == hash_token("a") != hash_token("b")
    assert len(hash_token("a")) == 64
