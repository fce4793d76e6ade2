"""The second factor of an agent: made, confirmed by a first code, and given up."""

from typing import Annotated, Any, Final, Literal
from urllib.parse import quote, urlencode

from msgspec import Meta, Struct
from msgspec.structs import replace

from fastdesk.errors import Refused
from fastdesk.model.agent import Agent
from fastdesk.pipeline.rooms import Rooms
from fastdesk.tenants.gate import Gate
from fastdesk.tenants.limits import Rate
from fastdesk.tenants.second_factor import new_recovery_codes, new_seed
from fastdesk.tenants.throttle import Throttle
from fastdesk.transport.http.routes import Call, Route

__all__ = ["SecondFactorRoutes"]

_ISSUER: Final = "fastdesk"


class SecondFactorWish(Struct, frozen=True, kw_only=True):
    """What to do. `enrol` and `disable` need the password, `confirm` and `disable` a code (or a recovery code)."""

    do: Literal["enrol", "confirm", "disable"]
    password: Annotated[str, Meta(max_length=256)] = ""
    code: Annotated[str, Meta(max_length=32)] = ""


class SecondFactorRoutes:
    """Let agents look after their own second factor."""

    def __init__(self, rooms: Rooms, *, gate: Gate, limits_on: bool) -> None:
        self._rooms = rooms
        self._gate = gate
        self._throttle = Throttle(Rate(10 / 60, 10), enabled=limits_on)

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        return [
            Route(method="POST", path="/v1/second-factor", handler=self.change, access="agent", tag="agents", body=SecondFactorWish,
                  answer=dict[str, Any], audit="act", summary="Enrol, confirm or disable one's own second factor"),
        ]  # fmt: skip

    async def change(self, call: Call) -> dict[str, Any]:
        """Carry out one step; each guess costs a token."""
        wish: SecondFactorWish = call.body
        principal = call.principal
        agent = self._rooms.records.get(Agent, principal.tenant, "agent", principal.id)
        if agent is None:
            raise Refused("forbidden", "Only agents have a second factor.")
        wait_ns = self._throttle.take((agent.id,), self._rooms.clock.now_ns())
        if wait_ns:
            raise Refused("rate_limited", "Too many attempts.", retry_after_ms=-(-wait_ns // 1_000_000))
        if wish.do == "confirm":
            return self._confirm(call, agent, wish.code)
        if await self._gate.check_password(agent.email, wish.password) is None:
            raise Refused("forbidden", "The password is wrong.")
        if wish.do == "enrol":
            return self._enrol(call, agent)
        if not self._gate.check_code(principal.tenant, agent, wish.code):
            raise Refused("forbidden", "The code is wrong.")
        self._write(call, replace(agent, totp="", totp_wanted="", recovery=()))
        return {"second_factor": False}

    def _enrol(self, call: Call, agent: Agent) -> dict[str, Any]:
        """Make a seed; it counts once a code of it has been given."""
        if agent.totp:
            raise Refused("conflict", "There is a second factor.", hint="Disable it first.")
        seed = new_seed(self._rooms.entropy)
        self._write(call, replace(agent, totp_wanted=seed))
        label = quote(f"{_ISSUER}:{agent.email}", safe="")
        return {
            "seed": seed,
            "address": f"otpauth://totp/{label}?{urlencode({'secret': seed, 'issuer': _ISSUER})}",
        }

    def _confirm(self, call: Call, agent: Agent, code: str) -> dict[str, Any]:
        """Let the seed count from now on, and return the recovery codes, which are shown this once."""
        if not agent.totp_wanted:
            raise Refused("conflict", "There is nothing to confirm.", hint="Enrol first.")
        codes, hashes = new_recovery_codes(self._rooms.entropy)
        confirmed = replace(agent, totp=agent.totp_wanted, totp_wanted="", recovery=hashes)
        if not self._gate.check_code(call.principal.tenant, confirmed, code):  # and it does not work again
            raise Refused("forbidden", "The code is wrong.", hint="Compare the clocks.")
        self._write(call, confirmed)
        return {"second_factor": True, "recovery": codes}

    def _write(self, call: Call, agent: Agent) -> None:
        self._rooms.records.put(call.principal.tenant, "agent", agent, actor=agent.id, reason="second factor")
