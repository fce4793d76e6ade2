"""Secrets in files: made once, kept, readable for nobody else, and never in an error's words."""

from pathlib import Path

import pytest

from fastdesk.errors import ConfigError, StoreError
from fastdesk.observe.clock import SeededEntropy
from fastdesk.store.keyfile import load_secret, read_key


def test_the_secret_is_made_once_and_is_its_owners(tmp_path: Path) -> None:
    data = tmp_path / "new" / "data"
    secret = load_secret(data, SeededEntropy(1))
    assert len(secret) >= 48
    assert (data / "secret").stat().st_mode & 0o777 == 0o600
    assert load_secret(data, SeededEntropy(2)) == secret
    assert load_secret(tmp_path / "other", SeededEntropy(3)) != secret


@pytest.mark.parametrize(
    ("content", "match"),
    [(b"short\n", "too short"), (b"", "too short"), ("é".encode() * 40, "cannot be read")],
)
def test_a_file_that_holds_no_secret_is_refused_and_kept(tmp_path: Path, content: bytes, match: str) -> None:
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(StoreError, match=match):
        load_secret(tmp_path, SeededEntropy(1))
    assert (tmp_path / "secret").read_bytes() == content


def test_a_folder_that_cannot_be_made_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(StoreError, match="cannot be read or made"):
        load_secret(tmp_path / "data", SeededEntropy(1))


def test_a_key_is_read_without_the_white_space_around_it(tmp_path: Path) -> None:
    (tmp_path / "openai").write_text("  sk-123\n")
    assert read_key(tmp_path, "openai") == "sk-123"


def test_a_key_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no folder of keys for openai") as caught:
        read_key(None, "openai")
    assert "FASTDESK_AI_KEYS" in caught.value.hint
    with pytest.raises(ConfigError, match="openai cannot be read: FileNotFoundError"):
        read_key(tmp_path, "openai")


def test_what_a_key_file_holds_is_never_in_the_error(tmp_path: Path) -> None:
    (tmp_path / "openai").write_bytes(b"sk-secret\xff")
    with pytest.raises(ConfigError) as caught:
        read_key(tmp_path, "openai")
    assert "sk-secret" not in str(caught.value)
