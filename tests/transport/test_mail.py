"""Mail goes out by SMTP when a visitor waits and nobody is there; a server that is down stops nobody."""

import email
import email.policy
import json
import queue
import socketserver
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from tests.running import RunningDesk
from websockets.sync.client import connect

from fastdesk.errors import ConfigError
from fastdesk.transport.mail import Mailer, Server, read_server


class MailServer(socketserver.ThreadingTCPServer):
    """A small SMTP server (RFC 5321) that keeps what it gets; the first `refusals` messages are not taken."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Line)
        self.taken: queue.Queue[tuple[list[str], EmailMessage]] = queue.Queue()
        self.refusals = 0
        self.port = int(self.server_address[1])


class _Line(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = self.server
        assert isinstance(server, MailServer)
        to: list[str] = []
        self.wfile.write(b"220 mail.example\r\n")
        while line := self.rfile.readline():
            command = line.decode().strip().upper()
            answer = "250 OK"
            if command.startswith("EHLO"):
                answer = "250-mail.example\r\n250 8BITMIME"
            elif command.startswith("RCPT TO:"):
                to.append(line.decode().partition("<")[2].partition(">")[0])
            elif command == "DATA":
                self.wfile.write(b"354 go on\r\n")
                content = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    content += part
                if server.refusals:
                    server.refusals -= 1
                    answer = "451 later"
                else:
                    message = email.message_from_bytes(content, policy=email.policy.default)
                    assert isinstance(message, EmailMessage)
                    server.taken.put((to, message))
            elif command == "QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(answer.encode() + b"\r\n")


@pytest.fixture
def mail() -> Iterator[MailServer]:
    """Serve mail on this machine."""
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def desk_with_mail(mail: MailServer, tmp_path: Path) -> Iterator[RunningDesk]:
    """Return a desk that sends mail, with a site that names who is told."""
    running = RunningDesk(
        tmp_path / "data", LIMITS="off", SMTP_URL=f"smtp://127.0.0.1:{mail.port}", SMTP_FROM="Desk <desk@tea.example>",
        PUBLIC_URL="https://desk.tea.example/",
    ).start()  # fmt: skip
    settings = {"notify": {"emails": ["li@tea.example", "wang@tea.example"]}}
    assert (
        running.ask("PATCH", "/v1/sites/demo", {"settings": settings, "locale": "en"}, running.token)[0]
        == 200
    )
    yield running
    running.close()


def wait_for_person(desk: RunningDesk, text: str) -> str:
    visitor = desk.visitor()
    desk.ask("POST", "/v1/messages", {"id": "message-0001", "text": text}, visitor["token"])
    desk.ask("POST", "/v1/frames", {"t": "human"}, visitor["token"])
    return str(visitor["conversation"])


def test_nobody_there_means_a_mail_with_what_was_written(
    desk_with_mail: RunningDesk, mail: MailServer
) -> None:
    conversation = wait_for_person(desk_with_mail, "我的茶坏了\nX-Evil: yes")
    to, message = mail.taken.get(timeout=20)
    assert sorted(to) == ["li@tea.example", "wang@tea.example"]
    assert "a visitor is waiting" in message["Subject"]
    assert message["From"] == "Desk <desk@tea.example>"
    assert message["X-Evil"] is None
    assert "我的茶坏了" in message.get_content()
    assert f"https://desk.tea.example/console/?conversation={conversation}" in message.get_content()
    assert mail.taken.empty()


def test_mail_tells_what_was_left_in_a_form(desk_with_mail: RunningDesk, mail: MailServer) -> None:
    visitor = desk_with_mail.visitor()
    values = {"name": "Li Lei\r\nBcc: everybody", "email": "li.lei@example.com", "message": "请回电"}
    left = {"id": "form-0001", "text": "", "kind": "form", "extra": {"form": "offline", "values": values}}
    assert desk_with_mail.ask("POST", "/v1/messages", left, visitor["token"])[0] == 200
    _, message = mail.taken.get(timeout=20)
    lines = message.get_content().splitlines()
    assert lines[0] == "Li Lei Bcc: everybody is waiting for a person."
    assert {"E-mail: li.lei@example.com", "message: 请回电"} <= set(lines)


def test_no_mail_while_somebody_is_there(desk_with_mail: RunningDesk, mail: MailServer) -> None:
    with connect(desk_with_mail.socket_url) as socket:
        socket.send(json.dumps({"t": "hello", "token": desk_with_mail.token}))
        socket.recv()
        wait_for_person(desk_with_mail, "hello")
    assert desk_with_mail.stop() == 0  # whatever was under way is over
    assert mail.taken.empty()


async def in_place(work: object, *args: object) -> None:
    work(*args)  # type: ignore[operator]


async def test_mail_is_tried_again(mail: MailServer) -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    mail.refusals = 2
    mailer = Mailer(Server("127.0.0.1", mail.port), "a@b.example", offload=in_place, pause=pause)
    assert await mailer.send(["c@d.example"], "Hello\nthere", "text")
    assert mail.taken.get(timeout=5)[1]["Subject"] == "Hello there"
    assert len(pauses) == 2
    nowhere = Mailer(Server("127.0.0.1", 9), "a@b.example", offload=in_place, pause=pause)
    assert not await nowhere.send(["c@d.example"], "Hello", "text")
    assert (nowhere.failed, len(pauses)) == (1, 5)


def test_addresses_of_servers() -> None:
    assert read_server("smtp://li:a%40b@mail.example") == Server("mail.example", 587, "li", "a@b", False)
    assert read_server("smtps://mail.example:4465") == Server("mail.example", 4465, "", "", True)
    for wrong in ("mail.example", "http://mail.example", "smtp://", "smtp://host:x"):
        with pytest.raises(ConfigError):
            read_server(wrong)
