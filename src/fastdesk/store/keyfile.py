"""The installation's secret: made at the first start, kept readable for its owner only."""

import os
from pathlib import Path

from fastdesk.errors import StoreError
from fastdesk.observe.clock import Entropy, new_secret

__all__ = ["load_secret"]


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
