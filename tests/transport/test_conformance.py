"""RFC 6455 by the Autobahn suite, on the echo endpoint of a door in a process of its own."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from tests.transport.serve import ROOT, Server

TOOL = ROOT.parent / "shared" / "tools" / "autobahn_run.sh"
#: 7.1.2 wants the connection to end before the answer to a second CLOSE could be told from none.
TOLERATED = {"7.1.2"}


def installed() -> bool:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    named = cache / "autobahn_dir"
    folder = os.environ.get("AUTOBAHN_DIR") or (
        named.read_text().strip() if named.exists() else str(cache / "autobahn")
    )
    return (Path(folder) / "venv" / "bin" / "wstest").exists()


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.skipif(not TOOL.exists(), reason=f"the runner of the Autobahn suite is not at {TOOL}")
@pytest.mark.skipif(not installed(), reason="the Autobahn suite (wstest) is not installed")
def test_the_echo_endpoint_conforms(tmp_path: Path) -> None:
    with Server() as server:
        url = f"ws://127.0.0.1:{server.port}/v1/echo"
        run = subprocess.run([str(TOOL), url, str(tmp_path)], capture_output=True, text=True, check=False)
        print(run.stdout, run.stderr)
        summary = dict(re.findall(r"(\w+)=(\S+)", run.stdout))
    assert int(summary["cases"]) == 301
    assert set(summary["failed_list"].split(",")) - {"-"} <= TOLERATED
    assert server.log == ""
