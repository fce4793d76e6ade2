"""One process per data folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from fastdesk.errors import StoreBusy, StoreError
from fastdesk.store.lock import FolderLock

HOLD = """
import sys
from pathlib import Path
from fastdesk.store.lock import FolderLock
FolderLock(Path(sys.argv[1])).take()
print("taken", flush=True)
sys.stdin.read()
"""


def test_another_process_is_refused_until_the_first_one_dies(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path / "data")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"taken\n"
        lock = FolderLock(tmp_path / "data")
        with pytest.raises(StoreBusy, match=f"in use by process {holder.pid}") as caught:
            lock.take()
        assert caught.value.temporary
        holder.kill()
        holder.wait()
        lock.take()
        lock.release()
    FolderLock(tmp_path / "data").take()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="file/data can't be used"):
        FolderLock(tmp_path / "file" / "data").take()
