"""A real desk in a process of its own, for tests that talk to it as the world does."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

PASSWORD = "a password for tests"
EMAIL = "admin@example.com"


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RunningDesk:
    """Start, stop, kill and ask a desk."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.data = data
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.socket_url = f"ws://127.0.0.1:{self.port}/v1/ws"
        self.log = data.with_name(data.name + ".log")
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._token = ""

    def start(self) -> "RunningDesk":
        """Start the desk and wait until it is ready."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("FASTDESK_", "OPENAI_"))
        }
        environment |= {f"FASTDESK_{name}": value for name, value in self._settings.items()}
        environment |= {"FASTDESK_ADMIN_PASSWORD": PASSWORD, "FASTDESK_ADMIN_EMAIL": EMAIL}
        command = [
            sys.executable,
            "-m",
            "fastdesk",
            "serve",
            "--port",
            str(self.port),
            "--data",
            str(self.data),
        ]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, cwd=self.data.parent
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise AssertionError(
                    f"The desk ended with {self._process.returncode}:\n{self.log.read_text()[-3000:]}"
                )
            try:
                with urllib.request.urlopen(self.base + "/readyz", timeout=5):
                    return self
            except (urllib.error.URLError, OSError):
                time.sleep(0.02)  # a foreign process gives no other sign of life
        raise AssertionError("The desk did not become ready within a minute.")

    def kill(self) -> None:
        """End it at once, as a power switch would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Let it drain, and return its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(timeout=60)
        self._process = None
        return code

    @property
    def pid(self) -> int:
        """Return the number of the process."""
        assert self._process is not None
        return self._process.pid

    def close(self) -> None:
        """End it if it still runs."""
        if self._process is not None:
            self.kill()

    # Asking.

    def ask(
        self, method: str, path: str, body: Any = None, token: str = "", **headers: str
    ) -> tuple[int, Any]:
        """Send one request; return the status and the decoded answer."""
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, method=method, data=data)
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, _decode(response.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, _decode(refusal.read())

    @property
    def token(self) -> str:
        """Return the token of the first agent, signed in once."""
        if not self._token:
            status, answer = self.ask("POST", "/v1/login", {"email": EMAIL, "password": PASSWORD})
            assert status == 200, answer
            self._token = answer["token"]
        return self._token

    def visitor(self, **more: Any) -> dict[str, Any]:
        """Return a new visitor with its token."""
        status, answer = self.ask("POST", "/v1/visitors", {"site": "demo", **more})
        assert status == 200, answer
        return answer

    def rule(self, id: str, **fields: Any) -> None:
        """Write a rule."""
        status, answer = self.ask("POST", "/v1/rules", {"id": id, **fields}, self.token)
        assert status in (201, 409), answer


def _decode(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content
