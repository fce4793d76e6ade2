"""Who begins to wait while nobody is there is told so, and may leave an address."""

from typing import Any

import pytest
from tests.pipeline.conftest import Floor
from tests.plugins.assistant_world import TENANT, Peer

from fastdesk.model.agent import Team
from fastdesk.model.form import OFFLINE
from fastdesk.model.hours import Hours
from fastdesk.model.ids import TeamId
from fastdesk.model.site import Texts

VIRTUAL_TIME = True


@pytest.fixture
async def shut(floor: Floor) -> Floor:
    """A desk whose site is never open, where the bot goes on answering."""
    floor.put(TENANT, "hours", Hours(id="never"))
    floor.site(
        hours="never", closed="assistant", texts=Texts(closed={"zh": "已下班", "en": "We are closed."})
    )
    return floor


def notices(peer: Peer) -> list[dict[str, Any]]:
    return [frame for frame in peer.of("message") if frame["from"]["role"] == "system"]


async def test_a_wish_by_button_is_told_and_offered_the_form(shut: Floor) -> None:
    visitor = await shut.ask_for_person("v1")
    (notice,) = notices(visitor)
    assert notice["text"] in ("已下班", "We are closed.")
    assert notice["extra"]["form"]["id"] == OFFLINE.id
    assert shut.conversation(visitor).mode == "queued"


async def test_a_wish_in_words_is_told_once(shut: Floor) -> None:
    visitor = await shut.visitor("v1")
    await shut.ask(visitor, "转人工")
    assert [frame["text"] for frame in visitor.of("message")] == [notices(visitor)[0]["text"]]
    await shut.ask(visitor, "人工")
    assert len(notices(visitor)) == 1


async def test_a_hand_off_by_a_rule_is_told_too(shut: Floor) -> None:
    await shut.rule(id="refund", when={"contains": ["refund"]}, do=[{"act": "handoff"}])
    visitor = await shut.visitor("v1")
    await shut.ask(visitor, "refund please")
    assert len(notices(visitor)) == 1


async def test_the_offered_form_can_be_filled_in(shut: Floor) -> None:
    visitor = await shut.ask_for_person("v1")
    values = {"email": "li@shop.cn", "message": "Call me"}
    await shut.do(
        visitor,
        t="send",
        id="form-0001",
        kind="form",
        text="sent",
        extra={"form": OFFLINE.id, "values": values},
    )
    assert visitor.live is not None
    assert visitor.live.visitor.email == "li@shop.cn"
    assert shut.conversation(visitor).mode == "queued"
    assert len(notices(visitor)) == 1


async def test_while_somebody_is_there_nothing_is_said(shut: Floor) -> None:
    shut.put(TENANT, "hours", Hours(id="always", week=dict.fromkeys(_DAYS, (("00:00", "24:00"),))))
    shut.put(TENANT, "team", Team(id=TeamId("night"), hours="always"))
    shut.site(hours="never", team="night")  # the team's own hours count
    assert notices(await shut.ask_for_person("v1")) == []


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
