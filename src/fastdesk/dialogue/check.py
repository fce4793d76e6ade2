"""Find what is wrong with a flow before anybody talks to it.

Names that lead nowhere, states that nobody reaches, branches without a way for every value, loops that never wait for
the visitor, states with no way to an end, texts with unknown variables.
"""

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import UNSET

from fastdesk.dialogue.graph import edges, leaves, reachable, targets
from fastdesk.model import condition as conditions
from fastdesk.model.condition import Compare, Condition, Not, parts
from fastdesk.model.document import nearest
from fastdesk.model.flow import Ask, Branch, Call, End, Flow, Hand, Say, Slot, State, Sub
from fastdesk.model.pattern import PatternFault, compile_pattern
from fastdesk.model.problem import Problem
from fastdesk.model.rule import Localized
from fastdesk.model.template import Template, strings

__all__ = ["check", "check_calls"]

_KNOWN = (
    "site.name",
    "language",
    *(f"visitor.{name}" for name in ("id", "name", "email", "phone", "page", "identity", "verified")),
)
_BOUNDED = ("text", "number", "date", "order_number")


def check(flow: Flow) -> list[Problem]:
    """List every problem of a flow by itself; paths are places in the flow."""
    problems = [
        *_check_flow(flow),
        *(problem for name, slot in flow.slots.items() for problem in _check_slot(slot, f"slots.{name}")),
        *(problem for name, state in flow.states.items() for problem in _check_state(flow, name, state)),
    ]
    # The shape of the graph says nothing while names in it are wrong.
    return problems or list(_check_shape(flow))


def check_calls(flows: Iterable[Flow]) -> list[Problem]:
    """List what is wrong between flows: unknown ones called, unknown slots given, flows that call themselves."""
    newest: dict[str, Flow] = {}
    for flow in sorted(flows, key=lambda flow: flow.version):
        newest[flow.id] = flow
    problems = []
    for flow in newest.values():
        for name, state in flow.states.items():
            if not isinstance(state, Sub):
                continue
            path = f"{flow.id}.states.{name}"
            called = newest.get(state.flow)
            if called is None:
                message, hint = f"there is no flow '{state.flow}'", nearest(state.flow, list(newest))
                problems.append(Problem(message=message, hint=hint, path=f"{path}.flow"))
                continue
            for slot in state.given:
                if slot not in called.slots:
                    message = f"the flow '{state.flow}' has no slot '{slot}'"
                    hint = nearest(slot, list(called.slots))
                    problems.append(Problem(message=message, hint=hint, path=f"{path}.given"))
        if flow.id in _called(newest, flow.id):
            problems.append(Problem(message=f"the flow '{flow.id}' comes back to itself", path=flow.id))
    return problems


def _called(flows: dict[str, Flow], begin: str) -> set[str]:
    found: set[str] = set()
    waiting = [begin]
    while waiting:
        for state in flows[waiting.pop()].states.values():
            if isinstance(state, Sub) and state.flow in flows and state.flow not in found:
                found.add(state.flow)
                waiting.append(state.flow)
    return found


def _check_flow(flow: Flow) -> Iterator[Problem]:
    if flow.start not in flow.states:
        message = f"the start '{flow.start}' is no state"
        yield Problem(message=message, hint=nearest(flow.start, list(flow.states)), path="start")
    try:
        ZoneInfo(flow.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Problem(
            message=f"unknown time zone '{flow.zone}'", hint="write Asia/Shanghai or UTC", path="zone"
        )


def _check_slot(slot: Slot, path: str) -> Iterator[Problem]:
    if (slot.type == "choice") is not bool(slot.options):
        yield Problem(message="a choice has options, other slots have none", path=path)
    values = [option.value for option in slot.options]
    for value in sorted({value for value in values if values.count(value) > 1}):
        yield Problem(message=f"the option '{value}' stands here twice", path=f"{path}.options")
    if slot.type == "regex" and slot.pattern is None:
        yield Problem(message="a slot of type regex has a pattern", path=path)
    if slot.pattern is not None and slot.type not in ("regex", "order_number"):
        yield Problem(message=f"a slot of type {slot.type} has no pattern", hint="use type: regex", path=path)
    if slot.pattern is not None and isinstance(fault := compile_pattern(slot.pattern), PatternFault):
        place = f" at character {fault.position + 1}" if fault.position >= 0 else ""
        message = f"regular expression{place}: {fault.reason}"
        yield Problem(message=message, hint=fault.hint, path=f"{path}.pattern")
    if (slot.at_least is not UNSET or slot.at_most is not UNSET) and slot.type not in _BOUNDED:
        yield Problem(message=f"a slot of type {slot.type} has no bounds", path=path)
    if slot.at_least is not UNSET and slot.at_most is not UNSET and slot.at_least > slot.at_most:
        yield Problem(message="at_least is more than at_most", path=path)


def _check_state(flow: Flow, name: str, state: State) -> Iterator[Problem]:
    path = f"states.{name}"
    for field, target in targets(state):
        if target not in flow.states:
            message = f"'{target}' is no state"
            yield Problem(message=message, hint=nearest(target, list(flow.states)), path=f"{path}.{field}")
    if isinstance(state, Ask):
        if state.slot not in flow.slots:
            message = f"'{state.slot}' is no slot"
            yield Problem(message=message, hint=nearest(state.slot, list(flow.slots)), path=f"{path}.slot")
        if (state.wait_ms is None) is not (state.late is None):
            yield Problem(message="'wait' and 'late' belong together", path=path)
    if isinstance(state, Branch):
        yield from _check_branch(flow, state, path)
    for field, text in _texts(state):
        yield from _check_template(flow, text, f"{path}.{field}")


def _check_branch(flow: Flow, state: Branch, path: str) -> Iterator[Problem]:
    for number, case in enumerate(state.cases):
        place = f"{path}.cases[{number}]"
        for part in parts(case.when) if case.when is not None else ():
            if isinstance(part, Compare):
                yield from _check_path(flow, part.path, f"{place}.when")
            elif not isinstance(part, conditions.All | conditions.Any | Not):
                kind = part.__struct_config__.tag
                hint = "compare a value: {value: slots.size, is: L}"
                yield Problem(message=f"a flow can't ask for '{kind}'", hint=hint, path=f"{place}.when")
        if case.when is None and number < len(state.cases) - 1:
            yield Problem(message="the cases after this one are never reached", path=place)
    if state.cases[-1].when is not None and (missing := _missing(flow, state)) is not None:
        message = (
            f"no case for {', '.join(missing)}" if missing else "no case when none of the conditions holds"
        )
        yield Problem(message=message, hint="end with {else: …}", path=path)


def _missing(flow: Flow, state: Branch) -> list[str] | None:
    """List the options of a choice slot that no case is for; none known: []; all there: None."""
    wanted = [case.when for case in state.cases]
    paths = {condition.path for condition in wanted if isinstance(condition, Compare)}
    if len(paths) != 1 or not all(isinstance(condition, Compare) for condition in wanted):
        return []
    slot = flow.slots.get(paths.pop().removeprefix("slots."))
    if slot is None or not slot.options:
        return []
    return [one.value for one in slot.options if not any(_is_for(part, one.value) for part in wanted)] or None


def _is_for(condition: Condition | None, value: str) -> bool:
    return isinstance(condition, Compare) and condition.holds(value)


def _check_shape(flow: Flow) -> Iterator[Problem]:
    graph = edges(flow)
    found = reachable(graph, flow.start)
    for name in flow.states:
        if name not in found:
            yield Problem(message=f"nobody comes to the state '{name}'", path=f"states.{name}")
    ends = {name for name, state in flow.states.items() if leaves(state)}
    for name in found:
        if not ends & reachable(graph, name):
            message = f"the state '{name}' is a dead end: no way leads from it to an end"
            yield Problem(message=message, path=f"states.{name}")
    hurried = {name: [] if isinstance(flow.states[name], Ask | Sub) else graph[name] for name in graph}
    for name in flow.states:
        if name in found and any(name in reachable(hurried, target) for target in hurried[name]):
            message = f"the state '{name}' comes back to itself without waiting for the visitor"
            yield Problem(message=message, path=f"states.{name}")


def _texts(state: State) -> Iterator[tuple[str, str]]:
    if isinstance(state, Ask | Say | Hand | End) and state.say is not None:
        yield from (("say", text) for text in _languages(state.say))
    if isinstance(state, Ask) and state.retry is not None:
        yield from (("retry", text) for text in _languages(state.retry))
    if isinstance(state, Say):
        for option in state.options:
            yield from (("options", text) for text in (*_languages(option.label), option.value or ""))
    if isinstance(state, Call):
        yield "url", state.url
        yield from (("headers", text) for text in state.headers.values())
        yield from (("body", text) for text in strings(state.body))
    if isinstance(state, Sub):
        yield from (("given", text) for text in state.given.values())


def _languages(text: Localized) -> Iterable[str]:
    return [text] if isinstance(text, str) else text.values()


def _check_template(flow: Flow, text: str, path: str) -> Iterator[Problem]:
    try:
        paths = Template(text).paths
    except ValueError as error:
        yield Problem(message=str(error), path=path)
        return
    for one in paths:
        yield from _check_path(flow, one, path)


def _check_path(flow: Flow, wanted: str, path: str) -> Iterator[Problem]:
    head, _, rest = wanted.partition(".")
    saved = [state.save for state in flow.states.values() if isinstance(state, Call | Sub)]
    if head in ("slots", "labels"):
        if rest not in flow.slots:
            yield Problem(message=f"'{rest}' is no slot", hint=nearest(rest, list(flow.slots)), path=path)
    elif head not in saved and wanted not in _KNOWN and not wanted.startswith("visitor.fields."):
        known = [*_KNOWN, *saved, *(f"slots.{name}" for name in flow.slots)]
        yield Problem(message=f"unknown variable '{{{{{wanted}}}}}'", hint=nearest(wanted, known), path=path)
