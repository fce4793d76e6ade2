"""Who is mentioned in a note."""

import pytest

from fastdesk.desk.mentions import mentioned
from fastdesk.model.agent import Agent
from fastdesk.model.ids import AgentId

AGENTS = [
    Agent(id=AgentId("a1"), email="li@shop.cn", name="Li"),
    Agent(id=AgentId("a2"), email="lilei@shop.cn", name="Li Lei"),
    Agent(id=AgentId("a3"), email="han@shop.cn", name="韩梅梅"),
    Agent(id=AgentId("a4"), email="gone@shop.cn", name="Gone", enabled=False),
    Agent(id=AgentId("a5"), email="nameless@shop.cn"),
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("no one", ()),
        ("@Li please", ("a1",)),
        ("@Li Lei please", ("a2",)),
        ("@li, @Li Lei and @li again", ("a1", "a2")),
        ("请@韩梅梅看一下", ("a3",)),
        ("@Lillian is somebody else", ()),
        ("@han@shop.cn @a1", ("a3", "a1")),
        ("@Gone is not here any more", ()),
        ("@nameless@shop.cn", ("a5",)),
        ("mail me@Li", ("a1",)),
        ("@", ()),
    ],
)
def test_names_stand_whole_and_the_longer_one_counts(text: str, found: tuple[str, ...]) -> None:
    assert mentioned(text, AGENTS) == found
