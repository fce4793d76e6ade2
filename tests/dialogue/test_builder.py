"""A flow written in Python is the flow written in a file."""

from fastdesk.dialogue import FlowBuilder, parse_flow
from fastdesk.model.condition import Compare
from fastdesk.model.flow import Flow


def test_builder_and_file_give_the_same_flow() -> None:
    built = (
        FlowBuilder("order", triggers=["查订单"], zone="Asia/Shanghai")
        .slot("number", "order_number", label={"zh": "订单号"})
        .slot("size", "choice", options=["S", "M"])
        .ask("number", "订单号？", next="size", wait_ms=60_000, late="gone")
        .ask("size", {"zh": "尺码？", "en": "Size?"}, next="look_up")
        .call("look_up", "https://shop.example/{{slots.number}}", save="order", next="which", failed="sorry")
        .branch("which", (Compare(path="order.status", equals="shipped"), "shipped"), otherwise="sorry")
        .say("shipped", "已发货", next="address")
        .sub("address", "address", save="to", next="gone")
        .hand("sorry", reason="down")
        .end("gone", result="gone")
        .build()
    )
    written = parse_flow("""
flow: order
triggers: 查订单
zone: Asia/Shanghai
slots: {number: {type: order_number, label: {zh: 订单号}}, size: [S, M]}
states:
  number: {ask: number, say: 订单号？, next: size, wait: 1m, late: gone}
  size: {ask: size, say: {zh: 尺码？, en: "Size?"}, next: look_up}
  look_up: {call: "https://shop.example/{{slots.number}}", save: order, next: which, failed: sorry}
  which: {branch: [{when: {value: order.status, is: shipped}, next: shipped}, {else: sorry}]}
  shipped: {say: 已发货, next: address}
  address: {flow: address, save: to, next: gone}
  sorry: {hand: down}
  gone: {end: gone}
""")
    assert isinstance(built, Flow), built
    assert built == written


def test_wrong_flow_is_refused() -> None:
    made = FlowBuilder("f").say("a", "x", next="b").build()
    assert (
        [str(problem) for problem in made] == ["states.a.next: 'b' is no state"]
        if isinstance(made, list)
        else False
    )
    assert isinstance(FlowBuilder("BAD ID").end("a").build(), list)
    assert isinstance(FlowBuilder("f").build(), list)
