"""Run dialogues: a state and what came in give the next state and what to do. No I/O, no clock, no randomness.

Rules. A step ends where the visitor must speak, a call must be made or the flow is over. It enters at most
`MAX_STATES` states, so that no flow can run for ever. It never changes the state it was given.

Theory of operation. What the visitor writes is tried in this order: a button or an option of the slot that is asked for;
cancel; the wish for a person; a correction of an earlier slot, which is asked for again where the right value is not said;
a value for the slot; the wish for another value of the last slot; a side question; a failed try. A correction moves the
dialogue back to where the slot was asked and forward again: slots that are known are not asked twice, but branches and
calls on the way are taken anew.
"""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from fastdesk.dialogue.compiled import IDENTITY, CompiledFlow, holds
from fastdesk.dialogue.phrases import correction, is_cancel, is_question, means_other, wants_person
from fastdesk.dialogue.state import (
    Answered,
    Around,
    Aside,
    Effect,
    FlowState,
    Frame,
    Given,
    Handed,
    Heard,
    Late,
    Offer,
    Over,
    Request,
    SideAnswered,
    Speak,
    Step,
)
from fastdesk.dialogue.wording import WORDING
from fastdesk.model.call import CallAnswer
from fastdesk.model.flow import Ask, Branch, Call, End, Hand, Say, Slot, Sub
from fastdesk.model.template import as_text, in_language

__all__ = ["MAX_ANSWER_BYTES", "MAX_STATES", "Run"]

MAX_STATES = 100
"""States that one step may enter."""

MAX_FRAMES = 5
"""Flows that may have called each other."""

MAX_ASIDES = 5
"""Side questions while one slot is asked for; later ones count as failed tries."""

MAX_ANSWER_BYTES = 16_384
"""Size of an HTTP answer (as MessagePack) that a dialogue keeps; a larger one counts as failed."""

Find = Callable[[str, int], CompiledFlow | None]


class Run:
    """Take one step. Made for a single step and thrown away.

    Args:
        find: gives a flow by id and version, None when it is gone.
        now_ms: wall-clock time, for dates and waiting.
        around: what is known of the visitor.
    """

    def __init__(self, find: Find, now_ms: int, around: Around) -> None:
        self._find = find
        self._now_ms = now_ms
        self._around = around
        self._effects: list[Effect] = []
        self._frames: list[Frame] = []
        self._left = MAX_STATES

    def start(self, flow: CompiledFlow, slots: dict[str, str]) -> Step:
        """Begin a flow with some slots filled beforehand; a value that the slot refuses is left out."""
        self._push(flow, slots)
        return self._walk()

    def step(self, state: FlowState, given: Given) -> Step:
        """Go on from a stored state."""
        self._frames = list(state.frames)
        if any(self._compiled(frame) is None for frame in state.frames) or not state.frames:
            return self._hand_over("flow_gone", None)
        match given:
            case Heard():
                return self._hear(state, given.text)
            case Answered() if state.waits_for == "call":
                return self._answer(given.answer)
            case SideAnswered() if state.waits_for == "aside":
                return self._after_aside(state, given.found)
            case Late() if 0 < state.late_at_ms <= self._now_ms:
                return self._late()
            case _:
                return Step(state, ())

    # What came in.

    def _hear(self, state: FlowState, text: str) -> Step:
        flow, asked = self._top(), self._asked()
        reader = flow.readers[asked.slot] if asked else None
        if not (reader and reader.names_option(text)):
            if is_cancel(text, flow.flow.cancel):
                return self._cancel()
            if wants_person(text):
                self._speak("handed")
                return self._hand_over("asked", None)
        if asked is None or reader is None:
            # A call was under way when the desk stopped: it is made again.
            return self._walk()
        remainder = correction(text)
        if remainder is not None and (corrected := self._correct(text, remainder)) is not None:
            return corrected
        if remainder is not None and not reader.names_option(text) and self._reopen(text, is_named=True):
            return self._walk()
        value = reader.read(text, self._now_ms)
        slot = flow.flow.slots[asked.slot]
        if value is not None and not (
            slot.type == "text" and is_question(text) and text.rstrip()[-1:] in "?？"
        ):
            self._fill(asked.slot, value)
            self._go(asked.next)
            return self._walk()
        if remainder is not None and self._reopen(text, is_named=False):
            return self._walk()
        if is_question(text) and state.asides < MAX_ASIDES:
            self._effects.append(Aside(text=text))
            waiting = replace(state, waits_for="aside", asides=state.asides + 1)
            return Step(waiting, tuple(self._effects))
        return self._fail(state, asked)

    def _answer(self, answer: CallAnswer) -> Step:
        call = self._top().state(self._frames[-1])
        if not isinstance(call, Call):
            return self._hand_over("flow_gone", None)
        if answer.ok and len(msgspec.msgpack.encode(answer.body)) <= MAX_ANSWER_BYTES:
            frame = self._frames[-1]
            self._frames[-1] = replace(frame, answers={**frame.answers, call.save: answer.body})
            self._go(call.next)
        else:
            self._go(call.failed)
        return self._walk()

    def _after_aside(self, state: FlowState, found: bool) -> Step:
        asked = self._asked()
        if asked is None:
            return self._walk()
        if not found:
            self._speak("unknown_side")
            return self._fail(replace(state, waits_for="text"), asked)
        return self._ask(asked, state.tries, state.asides)

    def _late(self) -> Step:
        asked = self._asked()
        if asked is None or asked.late is None:
            return self._walk()
        self._go(asked.late)
        return self._walk()

    def _fail(self, state: FlowState, asked: Ask) -> Step:
        tries = state.tries + 1
        if tries < asked.tries:
            return self._ask(asked, tries, state.asides, again=True)
        if asked.failed is not None:
            self._go(asked.failed)
            return self._walk()
        self._speak("gave_up")
        return self._hand_over("not_understood", None)

    def _correct(self, text: str, remainder: str) -> Step | None:
        """Change an earlier slot: the one that the text names, else the last one that takes the value."""
        flow, frame = self._top(), self._frames[-1]
        filled = [name for name in reversed(frame.order) if name in frame.slots]
        named = [name for name in filled if _is_named(flow.flow.slots[name], name, text)]
        for name in named or filled:
            value = flow.readers[name].read(remainder, self._now_ms, frame.slots[name])
            free_text = flow.flow.slots[name].type == "text" and not named
            if value is None or free_text or (not remainder and value == frame.slots[name]):
                continue
            self._fill(name, value)
            self._confirm(name)
            asking = flow.ask_of(name)
            state = flow.flow.states[asking] if asking else None
            if isinstance(state, Ask):
                frame = self._frames[-1]
                self._frames[-1] = replace(frame, kept=tuple(frame.slots))
                self._go(state.next)
            return self._walk()
        return None

    def _reopen(self, text: str, *, is_named: bool) -> bool:
        """Forget an earlier slot that is wrong, without a word of what is right: it is asked for again.

        Either the text names it, or it wants another one, which means the last that was filled.
        """
        flow, frame = self._top(), self._frames[-1]
        filled = [name for name in reversed(frame.order) if name in frame.slots]
        named = [name for name in filled if _is_named(flow.flow.slots[name], name, text)]
        wrong = named if is_named else filled if means_other(text) else []
        asking = flow.ask_of(wrong[0]) if wrong else None
        if asking is None:
            return False
        slots = {name: value for name, value in frame.slots.items() if name != wrong[0]}
        order = tuple(name for name in frame.order if name != wrong[0])
        self._frames[-1] = replace(frame, slots=slots, order=order, kept=tuple(slots), state=asking)
        return True

    # Going on.

    def _walk(self) -> Step:
        while self._frames:
            if self._left == 0:
                return self._hand_over("endless", None)
            self._left -= 1
            done = self._enter()
            if done is not None:
                return done
        return Step(None, tuple(self._effects))

    def _enter(self) -> Step | None:
        """Do what the current state says; None to go on walking."""
        frame, flow = self._frames[-1], self._top()
        state = flow.state(frame)
        match state:
            case Ask():
                return self._enter_ask(state)
            case Say():
                self._effects.append(Speak(text=self._said(frame.state), options=self._offers(frame.state)))
                self._go(state.next)
            case Branch():
                look_up = flow.look_up(frame, self._around)
                case = next((case for case in state.cases if holds(case.when, look_up)), None)
                if case is None:
                    return self._hand_over("no_branch", None)
                self._go(case.next)
            case Call():
                return self._enter_call(state)
            case Sub():
                return self._enter_sub(state)
            case Hand():
                if state.say is not None:
                    self._effects.append(Speak(text=self._said(frame.state)))
                return self._hand_over(state.reason, state.team)
            case End():
                if state.say is not None:
                    self._effects.append(Speak(text=self._said(frame.state)))
                self._pop(state.result)
        return None

    def _enter_ask(self, state: Ask) -> Step | None:
        frame = self._frames[-1]
        if state.slot in frame.kept:
            kept = tuple(name for name in frame.kept if name != state.slot)
            self._frames[-1] = replace(frame, kept=kept, state=state.next)
            return None
        return self._ask(state, 0, 0)

    def _enter_call(self, state: Call) -> Step | None:
        frame, flow = self._frames[-1], self._top()
        template = flow.calls[frame.state]
        if IDENTITY in template.paths and self._around.identity is None:
            self._go(state.unverified or state.failed)
            return None
        url, headers, body = template.render(flow.look_up(frame, self._around))
        self._effects.append(
            Request(url=url, method=state.method, headers=headers, body=body, timeout_ms=state.timeout_ms)
        )
        return Step(FlowState(tuple(self._frames), waits_for="call"), tuple(self._effects))

    def _enter_sub(self, state: Sub) -> Step | None:
        frame, flow = self._frames[-1], self._top()
        called = self._find(state.flow, 0)
        if called is None or len(self._frames) >= MAX_FRAMES:
            return self._hand_over("flow_gone", None)
        look_up = flow.look_up(frame, self._around)
        self._push(called, {name: text.render(look_up) for name, text in flow.givens[frame.state].items()})
        return None

    def _ask(self, state: Ask, tries: int, asides: int, *, again: bool = False) -> Step:
        frame, flow = self._frames[-1], self._top()
        look_up = flow.look_up(frame, self._around)
        text = (flow.retries if again else flow.says)[frame.state].render(look_up, self._around.language)
        self._effects.append(Speak(text=text, options=self._offers(frame.state)))
        late_at_ms = self._now_ms + state.wait_ms if state.wait_ms else 0
        waiting = FlowState(tuple(self._frames), tries=tries, asides=asides, late_at_ms=late_at_ms)
        return Step(waiting, tuple(self._effects))

    # Ways to end.

    def _cancel(self) -> Step:
        """End the top flow; a flow that called it may say where it goes on, else all end."""
        while len(self._frames) > 1:
            self._frames.pop()
            state = self._top().state(self._frames[-1])
            if isinstance(state, Sub) and state.cancelled is not None:
                self._go(state.cancelled)
                return self._walk()
        self._speak("cancelled")
        self._end("cancelled")
        return Step(None, tuple(self._effects))

    def _hand_over(self, reason: str, team: str | None) -> Step:
        slots = {name: value for frame in self._frames for name, value in frame.slots.items()}
        self._effects.append(Handed(reason=reason, team=team, slots=slots))
        self._end("handed")
        return Step(None, tuple(self._effects))

    def _end(self, result: str) -> None:
        if self._frames:
            frame = self._frames[0]
            over = Over(flow=frame.flow, version=frame.version, result=result, slots=frame.slots)
            self._effects.append(over)
        self._frames.clear()

    def _pop(self, result: str) -> None:
        """Come back to the flow that called this one, or end."""
        if len(self._frames) == 1:
            self._end(result)
            return
        done = self._frames.pop()
        frame = self._frames[-1]
        state = self._top().state(frame)
        if isinstance(state, Sub):
            answers = {**frame.answers, state.save: {**done.slots, "result": result}}
            self._frames[-1] = replace(frame, answers=answers, state=state.next)

    # The frame on top.

    def _compiled(self, frame: Frame) -> CompiledFlow | None:
        flow = self._find(frame.flow, frame.version)
        return flow if flow is not None and frame.state in flow.flow.states else None

    def _top(self) -> CompiledFlow:
        frame = self._frames[-1]
        flow = self._find(frame.flow, frame.version)
        if flow is None:
            raise LookupError(f"flow {frame.flow} version {frame.version} is gone")
        return flow

    def _asked(self) -> Ask | None:
        state = self._top().state(self._frames[-1])
        return state if isinstance(state, Ask) else None

    def _go(self, name: str) -> None:
        self._frames[-1] = replace(self._frames[-1], state=name)

    def _push(self, flow: CompiledFlow, slots: dict[str, str]) -> None:
        read = {
            name: flow.readers[name].read(text, self._now_ms)
            for name, text in slots.items()
            if name in flow.readers
        }
        known = {name: value for name, value in read.items() if value is not None}
        start = flow.flow.start
        self._frames.append(Frame(flow.flow.id, flow.flow.version, start, slots=known, kept=tuple(known)))

    def _fill(self, slot: str, value: object) -> None:
        frame = self._frames[-1]
        order = (*(name for name in frame.order if name != slot), slot)
        self._frames[-1] = replace(frame, slots={**frame.slots, slot: value}, order=order)

    def _said(self, state: str) -> str:
        flow = self._top()
        return flow.says[state].render(flow.look_up(self._frames[-1], self._around), self._around.language)

    def _offers(self, state: str) -> tuple[Offer, ...]:
        flow, language = self._top(), self._around.language
        look_up = flow.look_up(self._frames[-1], self._around)
        return tuple(
            Offer(label.render(look_up, language), value.render(look_up))
            for label, value in flow.options.get(state, ())
        )

    def _speak(self, key: str) -> None:
        self._effects.append(Speak(text=in_language(WORDING[key], self._around.language)))

    def _confirm(self, slot: str) -> None:
        flow, language = self._top(), self._around.language
        look_up = flow.look_up(self._frames[-1], self._around)
        label = flow.labels[slot].render(look_up, language)
        text = in_language(WORDING["corrected"], language)
        self._effects.append(Speak(text=text.format(label=label, value=as_text(look_up(f"labels.{slot}")))))


def _is_named(slot: Slot, name: str, text: str) -> bool:
    """Say whether a text calls a slot by its label or name."""
    labels = [slot.label] if isinstance(slot.label, str) else list(slot.label.values()) if slot.label else []
    folded = text.casefold()
    return any(label.casefold() in folded for label in (*labels, name.replace("_", " ")))
