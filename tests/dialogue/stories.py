"""Flows that several tests play."""

from fastdesk.dialogue import Around, Flows, FlowState, Step, parse_flow
from fastdesk.dialogue.state import Answered, Given, Heard
from fastdesk.model.call import CallAnswer
from fastdesk.model.flow import Flow

ORDER = """
flow: order_status
name: 查订单
triggers: [查订单, Order status]
zone: Asia/Shanghai
cancel: [先这样]
slots:
  number: {type: order_number, label: {zh: 订单号, en: order number}}
  phone: {type: phone, label: {zh: 电话, en: phone}}
  size: [S, M, {value: L, label: {zh: 大号, en: large}, words: [大]}]
states:
  number:
    ask: number
    say: {zh: 请告诉我订单号。, en: What is your order number?}
    retry: {zh: 订单号至少六位。, en: It has six signs or more.}
    next: phone
    wait: 10m
    late: gone
  phone: {ask: phone, say: {zh: 请留下电话。, en: Your phone number?}, next: size}
  size: {ask: size, say: {zh: 尺码？, en: Which size?}, next: look_up, tries: 2, failed: sorry}
  look_up:
    call: https://shop.example/orders/{{slots.number}}
    method: POST
    body: {phone: "{{slots.phone}}"}
    timeout: 2s
    save: order
    next: which
    failed: sorry
  which:
    branch:
      - {when: {value: order.status, is: shipped}, next: shipped}
      - {when: {value: order.status, is: unknown}, next: unknown}
      - {else: waiting}
  unknown: {say: {zh: 没有这个订单。, en: There is no such order.}, next: number}
  shipped:
    end: done
    say:
      zh: "{{slots.number}}（{{labels.size}}）已发货，{{order.eta | 很快}}到。"
      en: "{{slots.number}} ({{labels.size}}) is on its way."
  waiting: {end: done, say: {zh: 还没发货。, en: Not shipped yet.}}
  sorry: {hand: no_answer, team: sales, say: {zh: 转人工。, en: A person will help.}}
  gone: {end: gone}
"""


def flow(source: str) -> Flow:
    made = parse_flow(source)
    assert isinstance(made, Flow), [str(problem) for problem in made]
    return made


def flows(*sources: str) -> Flows:
    made = Flows.compile(flow(source) for source in sources)
    assert isinstance(made, Flows), [str(problem) for problem in made]
    return made


class Talk:
    """Play a dialogue turn by turn; `said` holds what the last turn led to."""

    def __init__(
        self, of: Flows, name: str, now_ms: int = 0, around: Around | None = None, **slots: str
    ) -> None:
        self.flows = of
        self.now_ms = now_ms
        self.around = around or Around(language="zh")
        step = of.start(name, now_ms, self.around, slots)
        assert step is not None
        self.step = step

    @property
    def state(self) -> FlowState:
        assert self.step.state is not None, self.step.effects
        return self.step.state

    @property
    def said(self) -> list[str]:
        return [getattr(effect, "text", type(effect).__name__) for effect in self.step.effects]

    def give(self, given: Given) -> Step:
        self.step = self.flows.step(self.state, given, self.now_ms, self.around)
        return self.step

    def hear(self, *texts: str) -> list[str]:
        for text in texts:
            self.give(Heard(text))
        return self.said

    def answer(self, body: object = None, **fields: object) -> list[str]:
        self.give(Answered(CallAnswer(body=body, **({"status": 200} | fields))))  # type: ignore[arg-type]
        return self.said
