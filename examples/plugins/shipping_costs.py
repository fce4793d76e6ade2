"""A chat handler to copy: a visitor asks what shipping costs, and the desk answers from a table, in two turns if need be.

It shows all that a plug-in can be: options that an owner sets, a claim that costs next to nothing, an answer in Chinese and
English with buttons, a slow answer that shows what it is doing, and a hook. Try it:

    FASTDESK_PLUGINS_DIR=examples/plugins fastdesk serve      then ask: 寄到北京3公斤多少钱 · shipping to Berlin, 2.5 kg
"""

import asyncio
import re
from collections.abc import Awaitable
from typing import NamedTuple

from msgspec import Struct

from fastdesk.model.turn import Action, Outcome, Reply, Turn

_ASKS = re.compile(
    r"运费|邮费|快递费|寄到|发到|shipping|postage|delivery\s+(?:cost|price|fee)|cost\s+to\s+(?:ship|send)",
    re.IGNORECASE,
)
_WEIGHT = re.compile(r"(\d{1,4}(?:[.,]\d{1,2})?)\s*(kg|kgs|kilo\w*|公斤|千克|斤)", re.IGNORECASE)

_TEXTS = {
    "where": {
        "zh": "请问寄到哪里？可以点下面的地区。",
        "en": "Where shall it go? Choose a region below.",
    },
    "price": {
        "zh": "寄到{zone} {weight:g} 公斤，运费 {price:.2f} 元，约 {days} 天送达。",
        "en": "{weight:g} kg to {zone} cost {price:.2f}; it takes about {days} days.",
    },
    "heavy": {
        "zh": "{weight:g} 公斤需要走货运，我请同事给您报价。",
        "en": "{weight:g} kg go by freight; a colleague will make you an offer.",
    },
    "looking": {"zh": "正在查询运费…", "en": "Looking up the price…"},
}


class Zone(Struct, frozen=True, forbid_unknown_fields=True):
    """A region: how visitors call it, what the first and each further kilogram cost, how long it takes."""

    name: str
    words: tuple[str, ...]
    first_kg: float
    next_kg: float
    days: int = 3


class Asked(NamedTuple):
    """What a message asks for; `zone` is None when it does not say where."""

    zone: Zone | None
    weight: float


class ShippingCosts:
    """Answer questions about shipping."""

    name = "shipping_costs"
    order = 50  # before other plug-ins

    class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """What an owner may set under [plugins.shipping_costs]."""

        zones: tuple[Zone, ...] = (
            Zone("江浙沪", ("上海", "江苏", "浙江", "苏州", "杭州", "南京"), 8.0, 2.0, 2),
            Zone("北京", ("北京", "beijing", "peking"), 12.0, 5.0, 3),
            Zone(
                "Europe",
                ("europe", "berlin", "germany", "paris", "france", "欧洲", "德国", "法国"),
                98.0,
                45.0,
                9,
            ),
        )
        heaviest_kg: float = 30.0
        lookup_s: float = 0.0

    def __init__(self, options: Options) -> None:
        self._options = options
        self.answered = 0

    # The handler.

    def claim(self, turn: Turn) -> Asked | None:
        """Return what is asked for, None when the message is about something else."""
        text = turn.message.text
        if len(text) > 300 or not _ASKS.search(text):
            return None
        found = _WEIGHT.search(text)
        weight = float(found[1].replace(",", ".")) * (0.5 if found[2] == "斤" else 1.0) if found else 1.0
        return Asked(self._zone(text), weight)

    def answer(self, turn: Turn, claim: Asked) -> Outcome | Awaitable[Outcome]:
        """Ask back at once; look a price up, which may take its time."""
        if claim.zone is None:
            buttons = [
                {"label": zone.name, "value": f"运费 shipping {zone.name} {claim.weight:g} kg"}
                for zone in self._options.zones
            ]
            return Outcome(replies=(Reply(text=_say(turn, "where"), extra={"buttons": buttons}),))
        return self._look_up(turn, claim.zone, claim.weight)

    async def _look_up(self, turn: Turn, zone: Zone, weight: float) -> Outcome:
        turn.port.thinking(_say(turn, "looking"))
        await asyncio.sleep(self._options.lookup_s)  # here your own system would be asked
        why = {"by": self.name, "zone": zone.name, "weight": weight}
        if weight > self._options.heaviest_kg:
            handoff = Action(do="handoff", values={"reason": f"freight offer: {weight:g} kg to {zone.name}"})
            return Outcome(
                replies=(Reply(text=_say(turn, "heavy", weight=weight)),), actions=(handoff,), why=why
            )
        price = zone.first_kg + max(0.0, weight - 1) * zone.next_kg
        text = _say(turn, "price", zone=zone.name, weight=weight, price=price, days=zone.days)
        return Outcome(
            replies=(Reply(text=text),), actions=(Action(do="label", values={"add": ["shipping"]}),), why=why
        )

    def _zone(self, text: str) -> Zone | None:
        lower = text.lower()
        for zone in self._options.zones:
            if zone.name.lower() in lower or any(word in lower for word in zone.words):
                return zone
        return None

    # A hook.

    def on_outcome(self, turn: Turn, outcome: Outcome) -> Outcome | None:
        """Count our own answers; return None to leave the outcome as it is."""
        if outcome.why is not None and outcome.why.get("by") == self.name:
            self.answered += 1
        return None


def _say(turn: Turn, what: str, **values: object) -> str:
    """Return a text in the language the visitor wrote in."""
    is_chinese = any("\u4e00" <= mark <= "\u9fff" for mark in turn.message.text)
    return _TEXTS[what]["zh" if is_chinese else "en"].format(**values)
