"""Two plots as SVG, written by hand: throughput bars, and latency over load."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from benchmarks.load.results import Curve, Report, Row
from benchmarks.report.figures import number

_FONT = "font-family='system-ui, sans-serif'"
_INK, _FAINT, _GRID = "#1f2933", "#5f6c7b", "#e3e8ef"
_DESK, _OTHER = "#2f6fed", "#b6c2d2"
_LINES = {"p50": "#2f6fed", "p99": "#e08a00", "p99.9": "#c22f4d"}
_WIDTH = 860


def throughput(report: Report) -> str:
    """Return horizontal bars: the desk's scenarios, and the bare echo servers under the same loads."""
    groups = []
    measured = [row for row in report.rows if row.rate and row.rate.median]
    for load in ("1,000 × 1", "64 × 1", "64 × 16"):
        desk = [row for row in measured if row.load == load and row.group == "text"]
        others = [row for row in report.others if row.rate and row.load == load]
        rows = sorted([*desk, *others], key=lambda row: -row.rate.median if row.rate else 0)
        if rows:
            groups.append((f"{load}: connections × messages in flight", rows))
    rest = [row for row in measured if all(row not in rows for _, rows in groups)]
    if rest:
        groups.append(("Other scenarios of the desk", rest))
    parts, y = [], 52
    for title, rows in groups:
        parts.append(_text(24, y, title, size=13, weight=600))
        y += 12
        largest = max(row.rate.median for row in rows if row.rate)
        for row in rows:
            parts.append(_bar(row, y, largest))
            y += 24
        y += 26
    note = "messages per second, server on one core; blue: the whole desk, grey: bare echo"
    return _svg(y, "Throughput", note, parts)


def _bar(row: Row, y: int, largest: float) -> str:
    assert row.rate is not None
    left, room = 320, _WIDTH - 320 - 110
    width = max(1.0, room * row.rate.median / largest)
    colour = _DESK if row.group != "others" else _OTHER
    low, high = (left + room * value / largest for value in (row.rate.low, row.rate.high))
    return "".join(
        (
            _text(left - 10, y + 14, row.title, anchor="end"),
            f"<rect x='{left}' y='{y + 2}' width='{width:.1f}' height='17' rx='3' fill='{colour}'/>",
            f"<path d='M{low:.1f} {y + 10.5}H{high:.1f}' stroke='{_INK}' stroke-width='1.5'/>",
            _text(max(left + width, high) + 8, y + 15, number(round(row.rate.median))),
        )
    )


def latency(curves: Sequence[Curve]) -> str:
    """Return one panel for each curve: latency on a logarithmic scale over the offered rate."""
    parts: list[str] = []
    y = 52
    for curve in curves:
        parts += _panel(curve, y)
        y += 330
    note = "open loop, milliseconds from the intended send time to the reply (logarithmic)"
    return _svg(y, "Latency over load", note, parts)


def _panel(curve: Curve, top: int) -> Iterable[str]:
    left, right, height = 84, _WIDTH - 90, 240
    plot_top = top + 16
    values = [value for point in curve.points for value in (point.p50_ms, point.p99_9_ms)]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    most = max(point.wanted_rate for point in curve.points)

    def x_of(rate: float) -> float:
        return left + (right - left) * rate / most

    def y_of(value: float) -> float:
        return plot_top + height * (high - math.log10(value)) / (high - low)

    yield _text(24, top, curve.title, size=13, weight=600)
    for power in range(low, high + 1):
        y = y_of(10**power)
        yield f"<path d='M{left} {y:.1f}H{right}' stroke='{_GRID}'/>"
        yield _text(left - 8, y + 4, f"{10**power:g} ms", anchor="end", colour=_FAINT)
    for point in curve.points:
        x = x_of(point.wanted_rate)
        yield f"<path d='M{x:.1f} {plot_top + height}v5' stroke='{_FAINT}'/>"
        label = f"{point.wanted_rate / 1000:g}k"
        yield _text(x, plot_top + height + 20, label, anchor="middle", colour=_FAINT)
    yield _text(right, plot_top + height + 38, "offered messages per second", anchor="end", colour=_FAINT)
    for name, colour in _LINES.items():
        taken = {"p50": "p50_ms", "p99": "p99_ms", "p99.9": "p99_9_ms"}[name]
        points = [(x_of(point.wanted_rate), y_of(getattr(point, taken))) for point in curve.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        yield f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='2'/>"
        yield from (f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3' fill='{colour}'/>" for x, y in points)
        yield _text(points[-1][0] + 10, points[-1][1] + 4, name, colour=colour, weight=600)


def _text(
    x: float,
    y: float,
    text: str,
    *,
    size: int = 12,
    anchor: str = "start",
    colour: str = _INK,
    weight: int = 400,
) -> str:
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' {_FONT} font-size='{size}' font-weight='{weight}' "
        f"text-anchor='{anchor}' fill='{colour}'>{escape(text)}</text>"
    )


def _svg(height: int, title: str, note: str, parts: Iterable[str]) -> str:
    head = _text(24, 28, title, size=17, weight=700) + _text(
        _WIDTH - 24, 28, note, anchor="end", colour=_FAINT
    )
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {height}' width='{_WIDTH}'>"
        f"<title>{escape(title)}</title><rect width='100%' height='100%' rx='8' fill='#fff'/>"
        + head
        + "\n".join(parts)
        + "</svg>\n"
    )
