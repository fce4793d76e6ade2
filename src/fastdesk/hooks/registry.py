"""Check plug-ins against their contract and freeze them into one tuple of bound methods per hook."""

import difflib
import inspect
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import structlog

from fastdesk.errors import PluginError
from fastdesk.hooks.spec import HOOKS, Handler
from fastdesk.model.turn import Action, Outcome, Reply, Turn
from fastdesk.observe.clock import Clock
from fastdesk.observe.cutoff import Cutoff, Guarded, TooLong

__all__ = ["Hooks", "check_plugin"]

#: So many slow calls in a row switch a plug-in off.
MAX_SLOW: Final = 3

_log = structlog.get_logger("fastdesk.hooks")
_encode = msgspec.msgpack.Encoder().encode


def check_plugin(plugin: object, name: str) -> None:
    """Refuse a plug-in with an unknown hook or a wrong signature, naming the nearest right one.

    Raises:
        PluginError: says which method is wrong and what was expected.
    """
    _check_handler(plugin, name)
    for attribute in dir(type(plugin)):
        if not attribute.startswith("on_"):
            continue
        if attribute not in HOOKS:
            near = difflib.get_close_matches(attribute, HOOKS, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known hooks: {', '.join(sorted(HOOKS))}."
            raise PluginError(f"Plug-in {name} defines the unknown hook {attribute}.", hint=hint)
        _refuse_waiting(plugin, name, attribute)
        found = tuple(inspect.signature(getattr(plugin, attribute)).parameters)
        if found != HOOKS[attribute]:
            expected = ", ".join(("self", *HOOKS[attribute]))
            raise PluginError(
                f"Hook {attribute} of plug-in {name} takes ({', '.join(('self', *found))}).",
                hint=f"Write def {attribute}({expected}).",
            )


def _check_handler(plugin: object, name: str) -> None:
    """Refuse half a handler, a claim that waits, and methods that cannot take what they are given."""
    shapes = {"claim": ("turn",), "answer": ("turn", "claim")}
    there = [method for method in shapes if callable(getattr(plugin, method, None))]
    if not there:
        return
    for method, parameters in shapes.items():
        expected = f"Write def {method}({', '.join(('self', *parameters))})."
        if method not in there:
            raise PluginError(f"Plug-in {name} has {there[0]} without {method}.", hint=expected)
        try:
            inspect.signature(getattr(plugin, method)).bind(*parameters)
        except TypeError:
            raise PluginError(
                f"{method} of plug-in {name} does not take {len(parameters)} values.", hint=expected
            ) from None
    _refuse_waiting(plugin, name, "claim")


def _refuse_waiting(plugin: object, name: str, method: str) -> None:
    if inspect.iscoroutinefunction(getattr(plugin, method)):
        raise PluginError(
            f"{method} of plug-in {name} is async.",
            hint="Only answer may wait; write def instead of async def.",
        )


class Hooks:
    """Call the plug-ins that subscribed to a hook; one that fails or dawdles is logged, counted and skipped.

    Args:
        plugins: (name, plug-in) in the order in which they are called.
        trusted: names that are part of the product: guarded, but never timed nor switched off.
        slow_ns: another one that computes longer than this three times in a row is switched off until the next start.
        cutoff: breaks off a call of another one that does not come back; no limit without it.
    """

    def __init__(
        self,
        plugins: Sequence[tuple[str, object]],
        *,
        clock: Clock,
        trusted: frozenset[str] = frozenset(),
        slow_ns: int = 50_000_000,
        cutoff: Cutoff | None = None,
    ) -> None:
        for name, plugin in plugins:
            check_plugin(plugin, name)
        self.plugins = tuple(plugins)
        self.handlers: tuple[Handler, ...] = tuple(
            plugin for _, plugin in plugins if isinstance(plugin, Handler)
        )
        #: The claims of the product's own handlers, by their places; None where a foreign one stands.
        self._claims: tuple[Callable[[Turn], Any] | None, ...] = tuple(
            handler.claim if handler.name in trusted else None for handler in self.handlers
        )
        self.failures: dict[str, int] = {name: 0 for name, _ in plugins}
        self._trusted = trusted
        self._slow: dict[str, int] = {}
        self._slow_ns = slow_ns
        self._cutoff = cutoff or Cutoff(0.0)
        self._clock = clock
        self.on_message = self._bind("on_message")
        self.on_stored = self._bind("on_stored")
        self.on_outcome = self._bind("on_outcome")
        self.on_changed = self._bind("on_changed")

    def _bind(self, hook: str) -> tuple[tuple[str, Callable[..., Any]], ...]:
        return tuple((name, getattr(plugin, hook)) for name, plugin in self.plugins if hasattr(plugin, hook))

    def is_trusted(self, name: str) -> bool:
        """Tell whether a plug-in is part of the product."""
        return name in self._trusted

    def call(self, name: str, method: Callable[..., Any], *args: Any) -> Any:
        """Call one subscriber under guard; return its value, None when it failed or is switched off."""
        try:
            if name in self._trusted:
                return method(*args)
            return self._call_timed(name, method, args)
        except (Exception, SystemExit, TooLong) as failure:  # the border to foreign code
            self.fail(name, failure)
            return None

    def tell(self, name: str, watch: Callable[[Any], Any], what: object) -> None:
        """Show one subscriber something, under the same guard."""
        if name not in self._trusted:
            self.call(name, watch, what)
            return
        try:
            watch(what)
        except Exception as failure:  # a fault of ours must not stop the message
            self.fail(name, failure)

    def claim(self, place: int, turn: Turn) -> Any:
        """Ask the handler at a place of the order for its claim, under the same guard."""
        claim = self._claims[place]
        if claim is None:
            handler = self.handlers[place]
            return self.call(handler.name, handler.claim, turn)
        try:
            return claim(turn)
        except Exception as failure:  # a fault of ours must not stop the message
            self.fail(self.handlers[place].name, failure)
            return None

    def answer(self, handler: Handler, turn: Turn, claim: Any) -> Any:
        """Let a handler answer what it has claimed, under the same guard."""
        if handler.name not in self._trusted:
            return self._foreign_answer(handler, turn, claim)
        try:
            return handler.answer(turn, claim)
        except Exception as failure:  # a fault of ours must not stop the message
            self.fail(handler.name, failure)
            return None

    def _foreign_answer(self, handler: Handler, turn: Turn, claim: Any) -> Any:
        """Let a foreign handler answer; what is no outcome counts as its failure, also when it comes later."""
        answer = self.call(handler.name, handler.answer, turn, claim)
        if answer is None:
            return None
        if inspect.isawaitable(answer):
            return _Later(Guarded(answer, self._cutoff))
        try:
            return _checked_outcome(answer)
        except PluginError as fault:
            self.fail(handler.name, fault)
            return None

    def watch_outcome(self, name: str, watch: Callable[..., Any], turn: Turn, outcome: Outcome) -> Outcome:
        """Show an answer to a subscriber before it is stored; return what it makes of it, else the answer as it is."""
        other = self.call(name, watch, turn, outcome)
        if not isinstance(other, Outcome):
            return outcome
        try:
            return other if name in self._trusted else _checked_outcome(other)
        except PluginError as fault:
            self.fail(name, fault)
            return outcome

    def _call_timed(self, name: str, method: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """Call a foreign subscriber and hold its computing time against the limit; waiting for the machine does not count."""
        if self._slow.get(name, 0) >= MAX_SLOW:
            return None
        began = self._clock.cpu_ns()
        was_cut_off = False
        try:
            return self._cutoff.run(method, *args)
        except TooLong:
            was_cut_off = True
            raise
        finally:
            if was_cut_off or self._clock.cpu_ns() - began > self._slow_ns:
                self._slow[name] = self._slow.get(name, 0) + 1
                _log.warning(
                    "plugin_slow",
                    plugin=name,
                    times=self._slow[name],
                    was_cut_off=was_cut_off,
                    is_off=self._slow[name] >= MAX_SLOW,
                )
            elif name in self._slow:
                del self._slow[name]

    def fail(self, name: str, failure: BaseException) -> None:
        """Count and log a plug-in's failure; the message goes on without it."""
        self.failures[name] = self.failures.get(name, 0) + 1
        _log.error("plugin_failed", plugin=name, error=type(failure).__name__, exc_info=failure)


class _Later:
    """A foreign handler's answer that is still to come: its end is checked, whatever way it takes."""

    def __init__(self, guarded: Guarded) -> None:
        self._guarded = guarded

    def __await__(self) -> Any:
        return self._wait().__await__()

    async def _wait(self) -> Outcome | None:
        try:
            answer = await self._guarded
        except (SystemExit, TooLong) as end:  # either would end the whole desk, were it let out of a task
            raise PluginError(f"It ended with {type(end).__name__}.") from end
        return None if answer is None else _checked_outcome(answer)

    def close(self) -> None:
        """Give up an answer that nobody has begun to wait for."""
        self._guarded.close()


def _checked_outcome(answer: Any) -> Outcome:
    """Return an answer that is an outcome in all its parts.

    Raises:
        PluginError: it is none, or one of its fields holds what it may not.
    """
    if not isinstance(answer, Outcome):
        raise PluginError(f"answer gave {type(answer).__name__}, which is no Outcome.")
    outcome: Any = answer
    whole = (
        ("replies", tuple),
        ("actions", tuple),
        ("fired", tuple),
        ("flow", bytes | None),
        ("why", dict | None),
    )
    _check_fields(outcome, whole)
    for each in outcome.replies:
        _check_type(each, Reply, "replies")
        _check_fields(each, (("text", str), ("kind", str), ("extra", dict | None), ("sources", list | None)))
    for each in outcome.actions:
        _check_type(each, Action, "actions")
        _check_fields(each, (("do", str), ("values", dict)))
    try:
        _encode(answer)
    except (TypeError, ValueError) as fault:
        raise PluginError(f"answer gave an outcome that cannot be stored: {fault}.") from fault
    return answer


def _check_fields(part: Any, fields: Sequence[tuple[str, Any]]) -> None:
    for name, wanted in fields:
        _check_type(getattr(part, name), wanted, name)


def _check_type(value: Any, wanted: Any, name: str) -> None:
    if not isinstance(value, wanted):
        raise PluginError(f"answer gave an outcome with {type(value).__name__} in {name}.")
