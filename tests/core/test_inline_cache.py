"""What a place in compiled code remembers is never what an object, a type or a module has no longer."""

import io
import os
from typing import Any

import pytest
from msgspec import Struct

from fastdesk.hooks.registry import Hooks
from fastdesk.model import folding
from fastdesk.model.turn import Outcome, Turn
from fastdesk.observe.clock import SystemClock
from fastdesk.pipeline.reply import pick_text
from fastdesk.pipeline.route import is_bot_silent


class Field(Struct):
    mode: str


class Other(Struct):
    first: int
    second: int
    mode: str


class Slot:
    __slots__ = ("mode",)


class Plain:
    mode: str


def silent(talk: Any) -> bool:
    """Ask the one place in compiled code that reads `mode`."""
    return is_bot_silent(talk)


def a_turn() -> Turn:
    nothing: Any = None
    return Turn(
        message=nothing, conversation=nothing, visitor=nothing, site=nothing, language="", received_ns=0,
        port=nothing,
    )  # fmt: skip


def ask(hooks: Hooks, handler: Any) -> Any:
    """Ask the one place in compiled code that calls `answer`."""
    return hooks.answer(handler, a_turn(), True)


class Handler:
    """Claims everything; its subclasses answer."""

    __slots__ = ()
    name = "handler"

    def claim(self, turn: Any) -> bool:
        return True


def with_hooks(*handlers: Any) -> Hooks:
    """Return hooks that trust these handlers."""
    plugins = [("handler", handler) for handler in handlers]
    return Hooks(plugins, clock=SystemClock(), trusted=frozenset({"handler"}))


def test_types_take_turns_at_one_place() -> None:
    plain = Plain()
    plain.mode = "human"
    for _ in range(3):
        assert not silent(Field("bot"))
        assert silent(Field("human"))
        assert silent(Other(1, 2, "human"))
        assert not silent(Other(1, 2, "bot"))
        assert silent(plain)


def test_a_slot_that_was_deleted_is_missed() -> None:
    slot = Slot()
    slot.mode = "human"
    for _ in range(2):
        assert silent(slot)
    del slot.mode
    with pytest.raises(AttributeError):
        silent(slot)
    with pytest.raises(AttributeError):
        silent(object())
    slot.mode = "bot"
    assert not silent(slot)


def test_a_type_that_changes_is_looked_at_again() -> None:
    class Changing:
        __slots__ = ("mode",)

    talk = Changing()
    talk.mode = "human"
    for _ in range(2):
        assert silent(talk)
    Changing.mode = property(lambda self: "bot")  # type: ignore[assignment]
    assert not silent(talk)


def test_a_base_that_changes_is_looked_at_again() -> None:
    class Base:
        __slots__ = ()

    class Below(Base):
        __slots__ = ("mode",)

    talk = Below()
    talk.mode = "human"
    for _ in range(2):
        assert silent(talk)
    Below.__getattribute__ = lambda self, name: "bot"  # type: ignore[method-assign,assignment]
    assert not silent(talk)


def test_a_field_with_a_getter_is_asked_for_each_time() -> None:
    class Named(io.BufferedReader):
        pass

    with io.FileIO(os.devnull) as raw, Named(io.FileIO(os.devnull)) as second:
        first = io.BufferedReader(raw)
        for _ in range(3):
            assert silent(first)
            assert silent(second)
            assert not silent(Field("bot"))
        Named.mode = "bot"  # type: ignore[assignment, misc]
        assert not silent(second)
        assert silent(first)
        first.detach()
        with pytest.raises(ValueError, match="detached"):
            silent(first)


def test_a_method_that_is_replaced_or_hidden_is_not_called() -> None:
    class Loose(Handler):
        __slots__ = ("__dict__",)

        def answer(self, turn: Any, claim: Any) -> str:
            return "first"

    class Firm(Handler):
        __slots__ = ()

        def answer(self, turn: Any, claim: Any) -> str:
            return "firm"

    loose, firm = Loose(), Firm()
    hooks = with_hooks(loose, firm)
    for _ in range(2):
        assert ask(hooks, firm) == "firm"
    Firm.answer = lambda self, turn, claim: "later"  # type: ignore[method-assign]
    assert ask(hooks, firm) == "later"
    for _ in range(2):
        assert ask(hooks, loose) == "first"
    loose.answer = lambda turn, claim: "own"  # type: ignore[method-assign]
    assert ask(hooks, loose) == "own"


def test_a_method_may_take_itself_away_while_it_runs() -> None:
    class Fleeting(Handler):
        __slots__ = ()

        def answer(self, turn: Any, claim: Any) -> str:
            del Fleeting.answer
            return "once"

    fleeting, answer = Fleeting(), Fleeting.answer
    hooks = with_hooks(fleeting)
    for _ in range(3):
        Fleeting.answer = answer  # type: ignore[method-assign]
        assert ask(hooks, fleeting) == "once"
    assert ask(hooks, fleeting) is None  # the failure is counted
    assert hooks.failures["handler"] == 1


def test_a_name_of_a_module_is_the_one_that_stands_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert folding.widen("Ａ") == "A"
    monkeypatch.setattr(folding, "has_full_width", lambda text: False)
    assert folding.widen("Ａ") == "Ａ"
    monkeypatch.delattr(folding, "has_full_width")
    with pytest.raises((NameError, KeyError)):
        folding.widen("Ａ")
    monkeypatch.undo()
    assert folding.widen("Ａ") == "A"


def test_one_place_that_asks_for_several_names() -> None:
    class Stranger:
        name = "stranger"

        def claim(self, turn: Any) -> bool:
            return True

        def answer(self, turn: Any, claim: Any) -> Any:
            return Outcome(flow=b"state", fired=("rule",), why={"by": "stranger"})

    stranger: Any = Stranger()
    hooks = Hooks([("stranger", stranger)], clock=SystemClock())
    for _ in range(2):  # what it gives is checked field by field
        assert hooks.answer(stranger, a_turn(), True) is not None


def test_one_place_that_asks_a_dict_for_several_keys() -> None:
    texts: dict[str, str] = {}
    for number in range(200):
        for tag in (
            "en",
            f"x-{number}",
        ):  # the second is made anew each time, perhaps where the one before it stood
            texts = {**texts, tag: f"{tag} text"}
            assert pick_text(texts, tag) == f"{tag} text"
    texts["en"] = "changed"
    assert pick_text(texts, "en") == "changed"
