"""An agent who comes back hears what happened meanwhile, or starts afresh when that would be too much."""

from tests.pipeline.conftest import Floor

VIRTUAL_TIME = True


async def test_a_little_behind_is_told_what_happened(floor: Floor) -> None:
    await floor.leave(await floor.hire("li"))
    await floor.ask(await floor.visitor(), "hello")
    back = await floor.sign_in("li", after=1)
    assert not back.of("reset")
    assert "opened" in [what for frame in back.of("conversation") for what in frame["what"]]


async def test_far_behind_starts_afresh(floor: Floor) -> None:
    floor.engine.opening.max_missed = 2
    await floor.leave(await floor.hire("li"))
    await floor.ask(await floor.visitor(), "hello")
    back = await floor.sign_in("li", after=1)
    assert back.of("reset")[0]["rev"] == back.of("welcome")[0]["rev"] > 3
    assert not back.of("conversation")
