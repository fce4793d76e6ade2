"""Place the boxes of a directed graph in layers, from top to bottom, with few crossings. Deterministic.

Source: K. Sugiyama, S. Tagawa, M. Toda, "Methods for Visual Understanding of Hierarchical System Structures", 1981:
turn back the edges that close a cycle, layer by the longest path, put a bend into each layer that an edge crosses,
order each layer by the middle of its neighbours, then move boxes towards them as far as there is room.
"""

from itertools import pairwise
from typing import NamedTuple

__all__ = ["Box", "Layout", "Line", "place"]

GAP_X = 36.0
GAP_Y = 64.0
_SWEEPS = 12


class Box(NamedTuple):
    """Hold where a box stands: its centre and its size."""

    x: float
    y: float
    width: float
    height: float


class Line(NamedTuple):
    """Hold where an edge runs: the points it passes; `is_back` when it leads upwards."""

    source: str
    target: str
    points: tuple[tuple[float, float], ...]
    is_back: bool


class Layout(NamedTuple):
    """Hold a placed graph and the size of the whole."""

    boxes: dict[str, Box]
    lines: list[Line]
    width: float
    height: float


class _Sheet:
    """Hold a graph while it is laid out; a bend is a node named by its edge and layer."""

    def __init__(
        self, sizes: dict[str, tuple[float, float]], graph: dict[str, list[str]], start: str
    ) -> None:
        self.sizes = dict(sizes)
        self.back = _back_edges(graph, start)
        forward = [(a, b) for a, targets in graph.items() for b in targets if (a, b) not in self.back]
        self.layer = _layers(graph, forward)
        self.chains: dict[tuple[str, str], list[str]] = {(a, b): self._chain(a, b) for a, b in forward}
        self.rows: list[list[str]] = [[] for _ in range(max(self.layer.values(), default=0) + 1)]
        for name, layer in self.layer.items():
            self.rows[layer].append(name)
        self.up: dict[str, list[str]] = {name: [] for name in self.layer}
        self.down: dict[str, list[str]] = {name: [] for name in self.layer}
        for chain in self.chains.values():
            for above, below in pairwise(chain):
                self.down[above].append(below)
                self.up[below].append(above)
        self.x: dict[str, float] = {}

    def _chain(self, source: str, target: str) -> list[str]:
        chain = [source]
        for layer in range(self.layer[source] + 1, self.layer[target]):
            bend = f"{source}\0{target}\0{layer}"
            self.layer[bend] = layer
            self.sizes[bend] = (8.0, 0.0)
            chain.append(bend)
        return [*chain, target]

    def order(self) -> None:
        """Sort each row by the middle of its neighbours, downwards and upwards in turn; keep the best."""
        best, fewest = [list(row) for row in self.rows], self._crossings()
        for sweep in range(_SWEEPS):
            downwards = sweep % 2 == 0
            near = self.up if downwards else self.down
            for row in self.rows if downwards else reversed(self.rows):
                place = {name: n for other in self.rows for n, name in enumerate(other)}
                row.sort(key=lambda name: _middle([place[one] for one in near[name]], place[name]))
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = [list(row) for row in self.rows], crossings
        self.rows = best

    def spread(self) -> None:
        """Give every node its x: rows side by side first, then moved towards their neighbours."""
        for row in self.rows:
            x = 0.0
            for name in row:
                width = self.sizes[name][0]
                self.x[name] = x + width / 2
                x += width + GAP_X
        for sweep in range(_SWEEPS):
            downwards = sweep % 2 == 0
            near = self.up if downwards else self.down
            for row in self.rows if downwards else reversed(self.rows):
                wished = [_mean([self.x[one] for one in near[name]], self.x[name]) for name in row]
                for name, x in zip(row, self._fit(row, wished), strict=True):
                    self.x[name] = x
        left = min((self.x[name] - self.sizes[name][0] / 2 for name in self.x), default=0.0)
        self.x = {name: x - left for name, x in self.x.items()}

    def _fit(self, row: list[str], wished: list[float]) -> list[float]:
        """Keep the order and the gaps and come as near to the wishes as an average of both directions does."""
        rightwards = list(wished)
        for n in range(1, len(row)):
            rightwards[n] = max(rightwards[n], rightwards[n - 1] + self._distance(row[n - 1], row[n]))
        leftwards = list(wished)
        for n in range(len(row) - 2, -1, -1):
            leftwards[n] = min(leftwards[n], leftwards[n + 1] - self._distance(row[n], row[n + 1]))
        return [(one + other) / 2 for one, other in zip(rightwards, leftwards, strict=True)]

    def _distance(self, left: str, right: str) -> float:
        return (self.sizes[left][0] + self.sizes[right][0]) / 2 + GAP_X

    def _crossings(self) -> int:
        place = {name: n for row in self.rows for n, name in enumerate(row)}
        count = 0
        for row in self.rows:
            pairs = [(place[a], place[b]) for a in row for b in self.down[a]]
            count += sum(
                1 for n, (a, b) in enumerate(pairs) for c, d in pairs[n + 1 :] if (a - c) * (b - d) < 0
            )
        return count


def place(sizes: dict[str, tuple[float, float]], graph: dict[str, list[str]], start: str) -> Layout:
    """Lay a graph out.

    Args:
        sizes: width and height of each box, in the order in which equals are placed.
        graph: the boxes that each box leads to.
        start: the box on top.
    """
    sheet = _Sheet(sizes, graph, start)
    sheet.order()
    sheet.spread()
    tops: list[float] = []
    y = 0.0
    for row in sheet.rows:
        tops.append(y)
        y += max((sheet.sizes[name][1] for name in row), default=0.0) + GAP_Y
    boxes = {}
    for n, row in enumerate(sheet.rows):
        tallest = max((sheet.sizes[name][1] for name in row), default=0.0)
        boxes.update({name: Box(sheet.x[name], tops[n] + tallest / 2, *sheet.sizes[name]) for name in row})
    width = max((box.x + box.width / 2 for box in boxes.values()), default=0.0)
    leaving, arriving = _ports(sheet, boxes)
    lines = [_line(boxes, chain, leaving, arriving) for chain in sheet.chains.values()]
    for n, (source, target) in enumerate(sorted(sheet.back)):
        # Back edges run outside, each a little farther out, so that they don't lie on each other.
        below = tops[sheet.layer[source] + 1] - GAP_Y if sheet.layer[source] + 1 < len(tops) else y - GAP_Y
        above = tops[sheet.layer[target]]
        lane = width + 24.0 + 14.0 * n
        lines.append(
            _back_line(boxes[source], boxes[target], (source, target), (below + 14, above - 14, lane))
        )
    outer = max((x for line in lines for x, _ in line.points), default=0.0)
    lowest = max((y for line in lines for _, y in line.points), default=0.0)
    return Layout({name: boxes[name] for name in sizes}, lines, max(width, outer), max(y - GAP_Y, lowest))


def _ports(
    sheet: _Sheet, boxes: dict[str, Box]
) -> tuple[dict[tuple[str, str], float], dict[tuple[str, str], float]]:
    """Give each edge its own place along the lower side of its source and the upper side of its target."""
    leaving: dict[tuple[str, str], float] = {}
    arriving: dict[tuple[str, str], float] = {}
    for name in sheet.up:
        if "\0" in name:
            continue
        out = sorted(
            (edge for edge in sheet.chains if edge[0] == name),
            key=lambda edge: boxes[sheet.chains[edge][1]].x,
        )
        into = sorted(
            (edge for edge in sheet.chains if edge[1] == name),
            key=lambda edge: boxes[sheet.chains[edge][-2]].x,
        )
        for edges, ports in ((out, leaving), (into, arriving)):
            step = boxes[name].width * 0.6 / max(len(edges) - 1, 1)
            ports.update(
                {edge: boxes[name].x + step * (n - (len(edges) - 1) / 2) for n, edge in enumerate(edges)}
            )
    return leaving, arriving


def _line(
    boxes: dict[str, Box],
    chain: list[str],
    leaving: dict[tuple[str, str], float],
    arriving: dict[tuple[str, str], float],
) -> Line:
    edge = (chain[0], chain[-1])
    first, last = boxes[edge[0]], boxes[edge[1]]
    bends = tuple((boxes[name].x, boxes[name].y) for name in chain[1:-1])
    begin = (leaving[edge], first.y + first.height / 2)
    end = (arriving[edge], last.y - last.height / 2)
    return Line(*edge, (begin, *bends, end), is_back=False)


def _back_line(first: Box, last: Box, edge: tuple[str, str], track: tuple[float, float, float]) -> Line:
    """Lead an edge down into the gap below its source, out, up, and in through the gap above its target."""
    below, above, lane = track
    begin_x, end_x = first.x + first.width * 0.42, last.x + last.width * 0.42
    begin, end = (begin_x, first.y + first.height / 2), (end_x, last.y - last.height / 2)
    return Line(
        *edge, (begin, (begin_x, below), (lane, below), (lane, above), (end_x, above), end), is_back=True
    )


def _back_edges(graph: dict[str, list[str]], start: str) -> set[tuple[str, str]]:
    """Find the edges that close a cycle, by a walk in depth from the start."""
    back: set[tuple[str, str]] = set()
    done: set[str] = set()
    for root in [start, *graph]:
        if root in done or root not in graph:
            continue
        on_path = {root}
        stack = [(root, iter(graph[root]))]
        while stack:
            name, rest = stack[-1]
            target = next(rest, None)
            if target is None:
                stack.pop()
                on_path.discard(name)
                done.add(name)
            elif target in on_path:
                back.add((name, target))
            elif target not in done:
                on_path.add(target)
                stack.append((target, iter(graph[target])))
    return back


def _layers(graph: dict[str, list[str]], forward: list[tuple[str, str]]) -> dict[str, int]:
    """Give each box the length of the longest way to it. `forward` has no cycles."""
    layer = dict.fromkeys(graph, 0)
    changed = True
    while changed:
        changed = False
        for source, target in forward:
            if layer[target] <= layer[source]:
                layer[target] = layer[source] + 1
                changed = True
    return layer


def _middle(places: list[int], own: int) -> float:
    return sum(places) / len(places) if places else float(own)


def _mean(values: list[float], own: float) -> float:
    return sum(values) / len(values) if values else own
