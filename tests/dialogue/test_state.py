"""A dialogue's state comes out of the store as it went in; what is none is taken for none."""

import msgspec
import pytest

from fastdesk.dialogue.state import Around, FlowState, Frame, decode_state, encode_state
from fastdesk.model.flow import FlowId

FRAME = Frame(
    FlowId("refund"),
    2,
    "ask",
    {"number": "A1", "when": None},
    {"order": {"items": [1.5]}},
    ("number",),
    ("b",),
)
STATE = FlowState((FRAME, Frame(FlowId("address"), 1, "street")), "call", 2, 1, 1_800_000_000_000)


def test_a_state_survives_the_store() -> None:
    assert decode_state(encode_state(STATE)) == STATE


@pytest.mark.parametrize(
    "stored",
    [
        *(b"", b"\xc1", b"not a state", encode_state(STATE)[:-3], b"\x91" * 5000),
        *(
            msgspec.msgpack.encode(wrong)
            for wrong in ([[]], [[FRAME] * 11], [[FRAME], "nothing"], {"frames": []})
        ),
        encode_state(STATE).replace(b"street", b"str\xff\xff\xff"),
    ],
)
def test_what_cannot_be_read_is_no_state(stored: bytes) -> None:
    assert decode_state(stored) is None


def test_who_is_verified_is_told_by_the_session_never_by_the_page() -> None:
    claimed = {"identity": "boss", "verified": True, "name": "Li"}
    stranger, known = Around(visitor=claimed), Around(visitor=claimed, identity="li")
    assert (stranger.look_up("visitor.identity"), stranger.look_up("visitor.verified")) == (None, False)
    assert (known.look_up("visitor.identity"), known.look_up("visitor.verified")) == ("li", True)
    assert stranger.look_up("visitor.name") == "Li"


def test_what_surrounds_a_dialogue_is_found_by_its_path() -> None:
    around = Around(language="zh-CN", site_name="Shop", visitor={"fields": {"level": 3}})
    paths = ("language", "site.name", "visitor.fields.level", "visitor.nothing", "site.id")
    assert [around.look_up(path) for path in paths] == ["zh-CN", "Shop", 3, None, None]
    assert Around().look_up("language") is None
