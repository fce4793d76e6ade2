"""The files that a new plug-in starts from: one class with a handler, a hook and options, and its test."""

import re
import sys
from pathlib import Path
from string import Template
from typing import Final

from fastdesk.errors import FastdeskError

__all__ = ["write_plugin"]


def write_plugin(name: str, folder: Path) -> tuple[Path, Path]:
    """Write NAME.py and test_NAME.py into `folder`, which is made, and return their paths; files that are there stay.

    Raises:
        FastdeskError: the name cannot be one, a file is there already, or the folder cannot be.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,47}", name):
        raise FastdeskError(f"{name} is no name of a plug-in.", hint="Write small letters, digits and _.")
    if name in sys.stdlib_module_names or name in ("fastdesk", "test") or name.startswith("test_"):
        raise FastdeskError(f"The name {name} is taken by Python or fastdesk.", hint="Choose another one.")
    texts = {folder / f"{name}.py": _PLUGIN, folder / f"test_{name}.py": _TEST}
    for path in texts:
        if path.exists():
            raise FastdeskError(f"{path} exists already.", hint="Choose another name.")
    title = "".join(part.capitalize() for part in name.split("_"))
    for path, text in texts.items():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(Template(text).substitute(name=name, title=title), "utf-8")
        except OSError as failure:
            raise FastdeskError(f"{path} cannot be written: {failure.strerror}.") from failure
    return folder / f"{name}.py", folder / f"test_{name}.py"


_PLUGIN: Final = '''\
"""$title: answers the opening hours, and refuses messages that are too long."""

from fastdesk.model.conversation import Conversation
from fastdesk.model.turn import Outcome, Reply, Turn
from fastdesk.model.visitor import Visitor
from fastdesk.protocol.codes import Rejection
from msgspec import Struct


class $title:
    """One object of this class serves the whole desk: keep nothing in it that belongs to one visitor."""

    #: Names the plug-in in logs, counters and [plugins.$name]; one of a kind.
    name = "$name"

    #: Handlers are asked from the lowest up. Rules stand before all plug-ins, the knowledge base behind them.
    order = 100

    class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """What an owner may set, in fastdesk.toml under [plugins.$name]; checked at the start."""

        hours: str = "9:00-18:00"
        longest: int = 2_000

    def __init__(self, options: Options) -> None:
        self._options = options

    # A handler: it answers turns. Take both methods away when you need none.

    def claim(self, turn: Turn) -> str | None:
        """Return what `answer` needs when this turn is mine, None when it is not. Microseconds: no I/O, no await."""
        text = turn.message.text.casefold()
        return self._options.hours if "opening hours" in text or "营业时间" in text else None

    async def answer(self, turn: Turn, claim: str) -> Outcome:
        """Return the outcome. Here you may wait, for a database or a web service."""
        text = f"营业时间：{claim}" if turn.language.startswith("zh") else f"We are here {claim}."
        return Outcome(replies=(Reply(text=text),))

    # A hook: it watches or vetoes. docs/plug-ins.md lists all of them.

    def on_message(self, conversation: Conversation, visitor: Visitor, text: str) -> Rejection | None:
        """Return why a visitor's message is refused, None to let it pass. Called for every message: be quick."""
        if len(text) <= self._options.longest:
            return None
        is_chinese = visitor.language.startswith("zh")
        return Rejection("invalid", "消息太长了。" if is_chinese else "Your message is too long.")
'''

_TEST: Final = '''\
"""Tests of $name. Run them with `pytest test_$name.py`; the desk does not load files that begin with test_."""

import asyncio
from pathlib import Path

from fastdesk.hooks.discovery import load_file, make_plugins
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Said
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.model.site import Site
from fastdesk.model.turn import Turn
from fastdesk.model.visitor import Visitor

TENANT, SITE, VISITOR, CONVERSATION = TenantId("t"), SiteId("s"), VisitorId("v"), ConversationId("c")


class Port:
    """Takes what a handler shows before its outcome."""

    def show(self, text, *, replace=False):
        pass

    def thinking(self, note=""):
        pass


def load(**options):
    """Load the plug-in as the desk does."""
    found = load_file(Path(__file__).with_name("$name.py"))
    ((_, plugin),) = make_plugins(found, {"$name": options})
    return plugin


def visitor(language="en"):
    return Visitor(id=VISITOR, tenant=TENANT, site=SITE, language=language)


def conversation():
    return Conversation(id=CONVERSATION, tenant=TENANT, site=SITE, visitor=VISITOR)


def turn(text, language="en"):
    said = Said(TENANT, 1, 0, CONVERSATION, 1, "m", "visitor", VISITOR, "", "text", text)
    return Turn(
        message=said, conversation=conversation(), visitor=visitor(language),
        site=Site(id=SITE, name="Shop"), language=language, received_ns=0, port=Port(),
    )


def answer(plugin, asked):
    return asyncio.run(plugin.answer(asked, plugin.claim(asked))).replies[0].text


def test_it_answers_in_the_language_of_the_visitor():
    plugin = load(hours="10:00-20:00")
    assert answer(plugin, turn("What are your opening hours?")) == "We are here 10:00-20:00."
    assert answer(plugin, turn("营业时间？", "zh")) == "营业时间：10:00-20:00"


def test_it_leaves_other_questions_alone():
    assert load().claim(turn("Where is my order?")) is None


def test_it_refuses_what_is_too_long():
    plugin = load(longest=10)
    assert plugin.on_message(conversation(), visitor(), "short") is None
    assert plugin.on_message(conversation(), visitor(), "x" * 11).code == "invalid"
'''
