"""Send mail by SMTP (RFC 5321), off the loop, with a few tries; a server that is down stops nobody."""

import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit

import structlog

from fastdesk.errors import ConfigError

__all__ = ["Mailer", "Server", "read_server"]

_log = structlog.get_logger("fastdesk.mail")

TIMEOUT_S: Final = 20
#: Seconds before the second, third … try.
PAUSES_S: Final = (30, 300, 1800)


class Server(NamedTuple):
    """Where mail is handed in. `is_tls`: TLS from the first byte; otherwise STARTTLS is used where it is offered."""

    host: str
    port: int
    name: str = ""
    password: str = ""
    is_tls: bool = False


def read_server(url: str) -> Server:
    """Return the server that `smtp://name:password@host:port` (or `smtps://`) names.

    Raises:
        ConfigError: this is no such address.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or (465 if parts.scheme == "smtps" else 587)
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ConfigError(
            "FASTDESK_SMTP_URL is no address of a mail server.", hint="Write smtp://name:password@host:587."
        )
    return Server(
        parts.hostname,
        port,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        parts.scheme == "smtps",
    )


class Mailer:
    """Hand messages in.

    Args:
        offload: runs something slow in a thread.
        pause: waits so many seconds.
    """

    def __init__(
        self, server: Server, sender: str, *, offload: Callable[..., Any], pause: Callable[[float], Any]
    ) -> None:
        self._server = server
        self._sender = sender
        self._offload = offload
        self._pause = pause
        self.sent = 0
        self.failed = 0

    async def send(self, to: list[str], subject: str, text: str) -> bool:
        """Send one message to each address; return whether the server took it, after several tries at most."""
        for tried in range(len(PAUSES_S) + 1):
            try:
                await self._offload(_hand_in, self._server, self._sender, to, subject, text)
            except (OSError, smtplib.SMTPException, ValueError) as failure:
                is_final = tried == len(PAUSES_S) or isinstance(
                    failure, ValueError | smtplib.SMTPRecipientsRefused
                )
                _log.warning("mail_not_sent", error=type(failure).__name__, is_final=is_final)
                if is_final:
                    break
                await self._pause(PAUSES_S[tried])
            else:
                self.sent += 1
                return True
        self.failed += 1
        return False


def _hand_in(server: Server, sender: str, to: list[str], subject: str, text: str) -> None:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(to)
    message["Subject"] = " ".join(subject.split())[:200]
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip(" >") or "localhost")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    kind = smtplib.SMTP_SSL if server.is_tls else smtplib.SMTP
    with kind(server.host, server.port, timeout=TIMEOUT_S) as line:
        if not server.is_tls and line.has_extn("starttls"):
            line.starttls(context=ssl.create_default_context())
        if server.name:
            line.login(server.name, server.password)
        line.send_message(message)
