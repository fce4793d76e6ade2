"""The flows of a tenant: every version that a running conversation may need; immutable, replaced as a whole."""

from collections.abc import Iterable
from typing import ClassVar

from fastdesk.dialogue.check import check, check_calls
from fastdesk.dialogue.compiled import CompiledFlow
from fastdesk.dialogue.engine import Run
from fastdesk.dialogue.state import Around, FlowState, Given, Step
from fastdesk.model.flow import Flow, FlowId
from fastdesk.model.folding import exact_key, fold
from fastdesk.model.problem import Problem

__all__ = ["Flows"]

_NOBODY = Around()


class Flows:
    """Hold flows by id and version. New dialogues begin with the newest; running ones keep theirs."""

    EMPTY: ClassVar["Flows"]

    __slots__ = ("_flows", "_newest", "_triggers", "size")

    def __init__(self, flows: list[Flow]) -> None:
        self._flows = {(flow.id, flow.version): CompiledFlow(flow) for flow in flows}
        self._newest: dict[str, CompiledFlow] = {}
        for _, compiled in sorted(self._flows.items()):
            self._newest[compiled.flow.id] = compiled
        begun = [compiled for compiled in self._newest.values() if compiled.flow.enabled]
        self._triggers = {
            text: compiled.flow.id for compiled in reversed(begun) for text in compiled.triggers
        }
        self.size = len(self._newest)

    @classmethod
    def compile(cls, flows: Iterable[Flow]) -> "Flows | list[Problem]":
        """Check flows and make them ready, or list every problem. Takes CPU time: run it off the loop.

        Give all versions that conversations still run, beside the newest ones.
        """
        listed = list(flows)
        problems: list[Problem] = []
        seen: set[tuple[str, int]] = set()
        for flow in listed:
            key = (flow.id, flow.version)
            if key in seen:
                message = f"version {flow.version} of the flow '{flow.id}' is given twice"
                problems.append(Problem(message=message, path=flow.id))
            seen.add(key)
            problems.extend(check(flow))
        return problems or check_calls(listed) or cls(listed)

    @classmethod
    def salvage(cls, flows: Iterable[Flow]) -> "tuple[Flows, list[Problem]]":
        """Make all flows ready that are right by themselves, and list the problems of those left out.

        For stored flows: one that calls a flow which is gone hands over there, and must not silence the others.
        """
        kept: dict[tuple[str, int], Flow] = {}
        refused: list[Problem] = []
        for flow in flows:
            problems = check(flow)
            refused += problems
            if not problems:
                kept[flow.id, flow.version] = flow
        return cls(list(kept.values())), refused + check_calls(kept.values())

    def wants(self, text: str) -> FlowId | None:
        """Give the flow that a text begins: one of its triggers, as the whole text."""
        return self._triggers.get(exact_key(fold(text))) if self._triggers and len(text) <= 200 else None

    def start(
        self, flow: str, now_ms: int, around: Around = _NOBODY, slots: dict[str, str] | None = None
    ) -> Step | None:
        """Begin the newest version of a flow; None when there is none or it is disabled.

        Args:
            flow: its id.
            now_ms: wall-clock time.
            around: what is known of the visitor.
            slots: values to fill in beforehand; those that a slot refuses are asked for.
        """
        compiled = self._newest.get(flow)
        if compiled is None or not compiled.flow.enabled:
            return None
        return Run(self._find, now_ms, around).start(compiled, slots or {})

    def step(self, state: FlowState, given: Given, now_ms: int, around: Around = _NOBODY) -> Step:
        """Go on with a dialogue. `state` is not changed; the same arguments always give the same step."""
        return Run(self._find, now_ms, around).step(state, given)

    def _find(self, flow: str, version: int) -> CompiledFlow | None:
        """Give a version of a flow; 0 is the newest."""
        return self._flows.get((FlowId(flow), version)) if version else self._newest.get(flow)


Flows.EMPTY = Flows([])
