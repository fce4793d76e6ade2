"""Flame graphs as SVG: stacks that were seen together lie on each other, width is the share of samples."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape

import msgspec

_WIDTH, _ROW, _TOP, _FONT_SIZE = 1400, 17, 60, 11
_LETTER = 6.9
#: Functions of CPython that stand between any two Python functions and say nothing themselves.
_MACHINERY = (
    "_PyEval", "PyEval", "_PyObject", "PyObject_Vec", "PyObject_Call", "_PyVector", "PyVector", "method_vectorcall",
    "do_call_core", "cfunction_", "slot_tp_call", "_PyFunction", "function_code_fastcall", "builtin_exec", "Py_Run",
    "pymain", "Py_Bytes", "__libc_start", "object_vacall", "type_call", "thread_run", "pythread_wrapper",
)  # fmt: skip
_LEAST_SHARE = 0.0007


class Frame(msgspec.Struct):
    """A function in its place in the stack."""

    name: str
    samples: int = 0
    inner: dict[str, Frame] = {}


def fold_perf(script: Iterable[str]) -> Counter[str]:
    """Fold the output of ``perf script -F comm,ip,sym,dso`` into stacks, outermost frame first."""
    stacks: Counter[str] = Counter()
    frames: list[str] = []
    for line in [*script, ""]:
        if line.strip() and not line.startswith(("\t", " ")):
            frames = [line.split()[0]]
        elif line.strip():
            name = line.strip().partition(" ")[2]
            symbol, _, place = name.rpartition(" (")
            is_kernel = place.startswith("[kernel") or symbol.endswith("_[k]")
            frames.append((symbol.partition("+")[0] or "?") + ("_[k]" if is_kernel else ""))
        elif frames:
            stacks[";".join(_without_machinery([frames[0], *reversed(frames[1:])]))] += 1
            frames = []
    return stacks


def _without_machinery(frames: list[str]) -> Iterator[str]:
    """Yield the frames with each run of the interpreter's own calls as a single one."""
    before = ""
    for frame in frames:
        name = "interpreter" if frame.startswith(_MACHINERY) else frame
        if name != before or name != "interpreter":
            yield name
        before = name


def read_folded(lines: Iterable[str]) -> Counter[str]:
    """Read stacks that are folded already: ``outer;inner 12`` on each line."""
    stacks: Counter[str] = Counter()
    for line in lines:
        stack, _, count = line.strip().rpartition(" ")
        if stack:
            stacks[stack] += int(count)
    return stacks


def flame_graph(stacks: Counter[str], title: str) -> str:
    """Return the SVG; hovering over a frame shows its whole name and share."""
    root = Frame("all", sum(stacks.values()))
    for stack, count in stacks.items():
        frame = root
        for name in stack.split(";"):
            frame = frame.inner.setdefault(name, Frame(name))
            frame.samples += count
    least = root.samples * _LEAST_SHARE
    depth = _depth(root, least)
    height = _TOP + depth * _ROW + 20
    boxes = "\n".join(_boxes(root, 0.0, height - 20 - _ROW, root.samples, least))
    legend = "blue: Python, orange: native, red: kernel; width: share of samples; hover for names"
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {height}' width='{_WIDTH}' "
        f"font-family='ui-monospace, monospace' font-size='{_FONT_SIZE}'>"
        f"<title>{escape(title)}</title><rect width='100%' height='100%' fill='#fff'/>"
        f"<text x='10' y='24' font-size='16' font-weight='700'>{escape(title)}</text>"
        f"<text x='10' y='42' fill='#5f6c7b'>{root.samples:,} samples; {legend}</text>\n{boxes}</svg>\n"
    )


def _depth(frame: Frame, least: float) -> int:
    return 1 + max(
        (_depth(inner, least) for inner in frame.inner.values() if inner.samples >= least), default=0
    )


def _boxes(frame: Frame, x: float, y: float, total: int, least: float) -> Iterator[str]:
    width = _WIDTH * frame.samples / total
    share = f"{100 * frame.samples / total:.1f} %"
    shown = frame.name[: max(0, int(width / _LETTER) - 1)]
    yield (
        f"<g><title>{escape(frame.name)}: {share}</title>"
        f"<rect x='{x:.1f}' y='{y}' width='{width:.1f}' height='{_ROW - 1}' rx='2' "
        f"fill='{_colour(frame.name)}'/>"
        + (f"<text x='{x + 3:.1f}' y='{y + 12}'>{escape(shown)}</text>" if len(shown) > 2 else "")
        + "</g>"
    )
    for name in sorted(frame.inner):
        inner = frame.inner[name]
        if inner.samples >= least:
            yield from _boxes(inner, x, y - _ROW, total, least)
        x += _WIDTH * inner.samples / total


def _colour(name: str) -> str:
    """One hue for each family tells the kernel from Python at a glance; shades keep neighbours apart."""
    shade = zlib.crc32(name.encode()) % 12
    if name.endswith("_[k]"):
        return f"hsl(8 70% {68 + shade}%)"
    if ".py:" in name or name.startswith("py::"):
        return f"hsl(212 75% {72 + shade}%)"
    return f"hsl(36 85% {66 + shade}%)"
