"""The picture of a flow: whole, readable, the same every time."""

from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dialogue.stories import ORDER, flow

from fastdesk.dialogue import draw
from fastdesk.dialogue.layout import place
from fastdesk.model.flow import End, Flow, FlowId, Hand, Say

SVG = "{http://www.w3.org/2000/svg}"


def test_every_state_and_way_is_drawn() -> None:
    made = flow(ORDER)
    root = ElementTree.fromstring(draw(made))
    words = [element.text or "" for element in root.iter(f"{SVG}text")]
    assert set(made.states) <= set(words)
    assert "请告诉我订单号。 [number]" in words
    assert "S / M / 大号" in words
    assert any("order.status = shipped" in word for word in words)
    assert {"失败", "超时", "否则", "转人工", "结束"} <= set(words)


def test_english_words() -> None:
    picture = draw(flow(ORDER), "en")
    assert "What is your order" in picture
    assert ">failed<" in picture
    assert "请告诉" not in picture


def test_same_flow_same_picture() -> None:
    assert draw(flow(ORDER)) == draw(flow(ORDER))


def test_texts_are_escaped() -> None:
    evil = Say(say="<script>alert(1)</script>&", next="e")
    made = Flow(id=FlowId("x"), name='"><b>', start="s", states={"s": evil, "e": End()})
    picture = draw(made)
    assert "<script>" not in picture
    assert "<b>" not in picture
    ElementTree.fromstring(picture)


def test_long_text_is_wrapped_and_cut() -> None:
    made = Flow(
        id=FlowId("x"), start="s", states={"s": Hand(say="很长的话" * 100), "t": Hand(say="word" * 200)}
    )
    words = [element.text or "" for element in ElementTree.fromstring(draw(made)).iter(f"{SVG}text")]
    assert max(map(len, words)) <= 31
    assert sum(word.endswith("…") for word in words) == 2


names = st.sampled_from("abcdefgh")


@settings(deadline=None)
@given(st.dictionaries(names, st.lists(names, max_size=4, unique=True), min_size=1))
def test_boxes_never_overlap_and_edges_lead_down(graph: dict[str, list[str]]) -> None:
    whole = {name: [target for target in targets if target in graph] for name, targets in graph.items()}
    sizes = {name: (100.0 + 10 * len(targets), 40.0) for name, targets in whole.items()}
    layout = place(sizes, whole, next(iter(whole)))
    boxes = list(layout.boxes.values())
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            beside = abs(one.x - other.x) >= (one.width + other.width) / 2
            above = abs(one.y - other.y) >= (one.height + other.height) / 2
            assert beside or above
    assert sorted((line.source, line.target) for line in layout.lines) == sorted(
        (a, b) for a, many in whole.items() for b in many
    )
    for line in layout.lines:
        assert line.is_back or line.points[0][1] < line.points[-1][1]
        assert all(-1 <= x <= layout.width and -20 <= y <= layout.height for x, y in line.points)
