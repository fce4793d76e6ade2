"""Draw a flow as an SVG picture: a box for each state, its words in one language, arrows with what they mean."""

from html import escape
from itertools import pairwise
from unicodedata import east_asian_width

from fastdesk.dialogue.graph import edges, targets
from fastdesk.dialogue.layout import Box, Line, place
from fastdesk.model.condition import All, Any, Compare, Condition, Not
from fastdesk.model.flow import Ask, Branch, Call, Flow, Say, State, Sub
from fastdesk.model.rule import Localized
from fastdesk.model.template import as_text, in_language

__all__ = ["draw"]

_MARGIN = 24.0
_LINE_HEIGHT = 18.0
_UNITS = 30
"""Width of a box in half-width characters; a Chinese one takes two."""

_UNIT = 7.0
_MAX_LINES = 4
_NEVER_FIRST = frozenset("，。！？；：、）》”’")
"""Signs that no line begins with."""

_KINDS = {
    "ask": ("问", "asks"),
    "say": ("说", "says"),
    "branch": ("判断", "branch"),
    "call": ("调用", "calls"),
    "sub": ("子流程", "flow"),
    "hand": ("转人工", "person"),
    "end": ("结束", "end"),
}
_WAYS = {
    "failed": ("失败", "failed"),
    "late": ("超时", "late"),
    "unverified": ("未验证", "not verified"),
    "cancelled": ("取消", "cancelled"),
}
_STYLE = """
text{font:13px system-ui,-apple-system,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;fill:#1c2330}
.kind{font-size:11px;fill:#5b6577}.name{font-weight:600}.way{font-size:11px;fill:#5b6577;paint-order:stroke;stroke:#fbfcfe;stroke-width:4px}
.back{stroke-dasharray:5 4;stroke-linejoin:round}.line{fill:none;stroke:#8b95a7;stroke-width:1.5}.tip{fill:#8b95a7}
.box{stroke-width:1.5;fill:#fff;stroke:#c3cad6}.ask{fill:#eef4ff;stroke:#6c9bf0}.call{fill:#f4efff;stroke:#9a7be0}
.branch{fill:#fff8e6;stroke:#e0b344}.hand{fill:#fff0ea;stroke:#e8875a}.end{fill:#e9f8f0;stroke:#4fb585}
.sub{fill:#eefaff;stroke:#57aecb}.page{fill:#fbfcfe}
@media (prefers-color-scheme:dark){text{fill:#e8ecf4}.kind,.way{fill:#a3adbf}.way{stroke:#12161d}.page{fill:#12161d}.box{fill:#1b212b}
.ask{fill:#16243f}.call{fill:#241b3d}.branch{fill:#332a10}.hand{fill:#38211a}.end{fill:#12301f}.sub{fill:#122d38}}
"""


def draw(flow: Flow, language: str = "zh") -> str:
    """Give the picture of a flow as SVG text. The same flow always gives the same picture."""
    zh = language.startswith("zh")
    words = {name: _words(flow, state, language) for name, state in flow.states.items()}
    sizes = {name: (_UNITS * _UNIT + 24.0, 34.0 + _LINE_HEIGHT * len(lines)) for name, lines in words.items()}
    layout = place(sizes, edges(flow), flow.start)
    width, height = layout.width + 2 * _MARGIN, layout.height + 2 * _MARGIN
    title = escape(flow.name or flow.id)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img" aria-label="{title}">',
        f"<title>{title}</title><style>{_STYLE}</style>",
        f'<rect class="page" width="{width:.0f}" height="{height:.0f}"/>',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>',
        f'<g transform="translate({_MARGIN:.0f} {_MARGIN:.0f})">',
    ]
    ways = {name: _ways(state, zh) for name, state in flow.states.items()}
    parts += [_draw_line(line) for line in layout.lines]
    parts += [_draw_box(name, flow.states[name], words[name], layout.boxes[name], zh) for name in flow.states]
    parts += [_draw_way(line, ways[line.source].get(line.target, "")) for line in layout.lines]
    return "\n".join([*parts, "</g></svg>\n"])


def _draw_box(name: str, state: State, lines: list[str], box: Box, zh: bool) -> str:
    left, top = box.x - box.width / 2, box.y - box.height / 2
    kind = str(state.__struct_config__.tag)
    radius = box.height / 2 if kind == "end" and not lines else 10.0
    head = (
        f'<rect class="box {kind}" x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" '
        f'rx="{radius:.1f}"/>'
        f'<text class="name" x="{left + 12:.1f}" y="{top + 21:.1f}">{escape(name)}</text>'
        f'<text class="kind" x="{left + box.width - 12:.1f}" y="{top + 21:.1f}" text-anchor="end">'
        f"{_KINDS[kind][not zh]}</text>"
    )
    body = "".join(
        f'<text x="{left + 12:.1f}" y="{top + 21 + _LINE_HEIGHT * (n + 1):.1f}">{escape(line)}</text>'
        for n, line in enumerate(lines)
    )
    return head + body


def _draw_line(line: Line) -> str:
    points = line.points
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    if line.is_back:
        path += "".join(f"L{x:.1f} {y:.1f}" for x, y in points[1:])
    else:
        for (x1, y1), (x2, y2) in pairwise(points):
            middle = (y1 + y2) / 2
            path += f"C{x1:.1f} {middle:.1f} {x2:.1f} {middle:.1f} {x2:.1f} {y2:.1f}"
    return f'<path class="line{" back" if line.is_back else ""}" d="{path}" marker-end="url(#tip)"/>'


def _draw_way(line: Line, way: str) -> str:
    """Write what an arrow means beside its tip, where the arrows of one state stand farthest apart."""
    if not way:
        return ""
    x, y, anchor = line.points[-1][0], line.points[-1][1] - 18, "middle"
    if line.is_back:
        x, y, anchor = line.points[1][0] + 6, line.points[1][1] - 4, "start"
    return f'<text class="way" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(way)}</text>'


def _words(flow: Flow, state: State, language: str) -> list[str]:
    """Give what is written into the box of a state."""
    match state:
        case Ask():
            slot = flow.slots.get(state.slot)
            options = (
                " / ".join(_text(one.label or one.value, language) for one in slot.options) if slot else ""
            )
            return _wrap(f"{_text(state.say, language)} [{state.slot}]") + (_wrap(options) if options else [])
        case Say():
            return _wrap(_text(state.say, language))
        case Call():
            return _wrap(f"{state.method} {state.url}")
        case Sub():
            return _wrap(state.flow)
        case Branch():
            return []
        case _:
            said = _text(state.say, language) if state.say is not None else ""
            return _wrap(said)


def _ways(state: State, zh: bool) -> dict[str, str]:
    """Give what stands on the arrow to each target."""
    ways: dict[str, list[str]] = {}
    for field, target in targets(state):
        if isinstance(state, Branch):
            case = state.cases[int(field.split("[")[1].split("]")[0])]
            text = _condition(case.when, zh) if case.when is not None else ("否则" if zh else "else")
        else:
            text = _WAYS[field][not zh] if field in _WAYS else ""
        ways.setdefault(target, []).append(text)
    return {target: _shorten(" · ".join(filter(None, texts)), 34) for target, texts in ways.items()}


def _condition(condition: Condition, zh: bool) -> str:
    match condition:
        case Compare():
            return _compare(condition, zh)
        case All():
            return (" 且 " if zh else " and ").join(_condition(part, zh) for part in condition.of)
        case Any():
            return (" 或 " if zh else " or ").join(_condition(part, zh) for part in condition.of)
        case Not():
            return f"{'非' if zh else 'not '}({_condition(condition.of, zh)})"
        case _:
            return str(condition.__struct_config__.tag)


def _compare(condition: Compare, zh: bool) -> str:
    signs = {"equals": "=", "above": ">", "below": "<", "contains": "∋"}
    tests = [
        f"{sign} {as_text(value)}"
        for name, sign in signs.items()
        if (value := _set(condition, name)) is not None
    ]
    if (values := _set(condition, "any_of")) is not None and isinstance(values, tuple):
        tests.append(f"∈ {as_text(values)}")
    if (exists := _set(condition, "exists")) is not None:
        tests.append(("有值" if exists else "无值") if zh else ("is there" if exists else "is missing"))
    return f"{condition.path.removeprefix('slots.')} {' '.join(tests)}"


def _set(condition: Compare, name: str) -> object:
    value = getattr(condition, name)
    return None if str(value) == "UNSET" else value


def _text(text: Localized, language: str) -> str:
    chosen = text if isinstance(text, str) else in_language(text, language)
    return " ".join(chosen.split())


def _width(text: str) -> int:
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def _wrap(text: str) -> list[str]:
    """Break a text into lines of a box: between words where there are some, anywhere in Chinese."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if line and _width(line + piece.rstrip()) > _UNITS and piece not in _NEVER_FIRST:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    if line.strip():
        lines.append(line.rstrip())
    if len(lines) > _MAX_LINES:
        lines = [*lines[: _MAX_LINES - 1], _shorten(lines[_MAX_LINES - 1] + "…", _UNITS)]
    return lines


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    word = ""
    for sign in text:
        if sign == " " or east_asian_width(sign) in "WF" or len(word) >= _UNITS:
            pieces += [word + " "] if sign == " " else [word, sign] if len(word) < _UNITS else [word]
            word = "" if sign == " " or east_asian_width(sign) in "WF" else sign
        else:
            word += sign
    return [piece for piece in [*pieces, word] if piece]


def _shorten(text: str, units: int) -> str:
    if _width(text) <= units:
        return text
    while text and _width(text) > units - 1:
        text = text[:-1]
    return text.rstrip() + "…"
