"""Write a flow in Python: the same as a file, checked the same way.

flow = (
    FlowBuilder("order_status", triggers=["查订单"])
    .slot("number", "order_number", label={"zh": "订单号", "en": "order number"})
    .ask("number", {"zh": "订单号是？", "en": "Your order number?"}, next="look_up")
    .call("look_up", "https://shop.example/orders/{{slots.number}}", save="order", next="show", failed="sorry")
    .end("show", say="{{order.status}}")
    .hand("sorry", reason="orders_down")
    .build()
)
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from fastdesk.dialogue.check import check
from fastdesk.model.condition import Condition
from fastdesk.model.flow import Flow, SlotType
from fastdesk.model.problem import Problem
from fastdesk.model.rule import Localized

__all__ = ["FlowBuilder"]


class FlowBuilder:
    """Collect the parts of a flow; every method but `build` gives the builder back.

    Args:
        id: the flow's id.
        triggers: phrases of a visitor that begin it.
        zone: time zone in which `today` is meant.
        settings: the other fields of `Flow`.
    """

    def __init__(self, id: str, *, triggers: Iterable[str] = (), zone: str = "UTC", **settings: Any) -> None:
        self._flow: dict[str, Any] = {"id": id, "triggers": tuple(triggers), "zone": zone, **settings}
        self._slots: dict[str, dict[str, Any]] = {}
        self._states: dict[str, dict[str, Any]] = {}

    def slot(self, name: str, type: SlotType = "text", **settings: Any) -> "FlowBuilder":
        """Add a slot; `options` may be a list of values."""
        options = tuple(
            {"value": one} if isinstance(one, str) else one for one in settings.pop("options", ())
        )
        self._slots[name] = {"type": type, "options": options, **settings}
        return self

    def ask(
        self, name: str, say: Localized, *, next: str, slot: str | None = None, **settings: Any
    ) -> "FlowBuilder":
        """Add a state that asks for a slot, by default the one of its own name."""
        return self._state(name, "ask", say=say, next=next, slot=slot or name, **settings)

    def say(self, name: str, say: Localized, *, next: str, **settings: Any) -> "FlowBuilder":
        """Add a state that says something and goes on."""
        return self._state(name, "say", say=say, next=next, **settings)

    def branch(self, name: str, *cases: tuple[Condition, str], otherwise: str | None = None) -> "FlowBuilder":
        """Add a state that goes where the first condition that holds leads."""
        listed: list[dict[str, Any]] = [
            {"when": msgspec.to_builtins(condition), "next": target} for condition, target in cases
        ]
        if otherwise is not None:
            listed.append({"next": otherwise})
        return self._state(name, "branch", cases=listed)

    def call(self, name: str, url: str, *, next: str, failed: str, **settings: Any) -> "FlowBuilder":
        """Add a state that calls an endpoint."""
        return self._state(name, "call", url=url, next=next, failed=failed, **settings)

    def sub(self, name: str, flow: str, *, save: str, next: str, **settings: Any) -> "FlowBuilder":
        """Add a state that runs another flow and comes back."""
        return self._state(name, "sub", flow=flow, save=save, next=next, **settings)

    def hand(self, name: str, **settings: Any) -> "FlowBuilder":
        """Add a state that hands over to a person."""
        return self._state(name, "hand", **settings)

    def end(self, name: str, **settings: Any) -> "FlowBuilder":
        """Add a state that ends the flow."""
        return self._state(name, "end", **settings)

    def build(self) -> Flow | list[Problem]:
        """Give the flow, or list everything that is wrong with it. The first state is the start."""
        body = {
            "start": next(iter(self._states), ""),
            **self._flow,
            "slots": self._slots,
            "states": self._states,
        }
        try:
            flow = msgspec.convert(body, Flow)
        except msgspec.ValidationError as error:
            return [Problem(message=str(error))]
        return check(flow) or flow

    def _state(self, name: str, kind: str, **settings: Any) -> "FlowBuilder":
        self._states[name] = {"kind": kind, **settings}
        return self
