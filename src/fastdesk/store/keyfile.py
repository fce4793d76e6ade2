"""Secrets in files: the installation's own, made at the first start and kept readable for its owner only, and keys of others."""

import os
from pathlib import Path

from fastdesk.errors import ConfigError, StoreError
from fastdesk.observe.clock import Entropy, new_secret

__all__ = ["load_secret", "read_key"]


def load_secret(data: Path, entropy: Entropy) -> str:
    """Return the secret that stands in the data folder; make it when there is none.

    Raises:
        StoreError: the file is not readable, or too short to be a secret.
    """
    path = data / "secret"
    try:
        data.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            secret = path.read_text("ascii").strip()
        else:
            secret = new_secret(entropy, 48)
            with os.fdopen(descriptor, "w") as file:
                file.write(secret + "\n")
                file.flush()
                os.fsync(file.fileno())
    except (OSError, UnicodeDecodeError) as problem:
        raise StoreError(f"The secret in {path} cannot be read or made: {problem}.") from problem
    if len(secret) < 32:
        raise StoreError(
            f"The secret in {path} is too short.", hint="Remove the file; everybody has to sign in again."
        )
    return secret


def read_key(folder: Path | None, name: str) -> str:
    """Return the key in the file `name` of a folder of secrets.

    Raises:
        ConfigError: there is no such folder or file.
    """
    if folder is None:
        raise ConfigError(f"There is no folder of keys for {name}.", hint="Set FASTDESK_AI_KEYS.")
    try:
        return (folder / name).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(
            f"The key file {folder / name} cannot be read: {type(problem).__name__}."
        ) from problem
