"""The latency curve: open loop at rising rates, until the desk no longer keeps the rate."""

from __future__ import annotations

from benchmarks.load.bench import Bench
from benchmarks.load.native import WrongAnswer
from benchmarks.load.results import Curve, CurvePoint, Row
from benchmarks.load.text_scenarios import chat

_RATES = (1_000, 3_000, 6_000, 12_000, 18_000, 24_000, 30_000, 36_000, 42_000, 48_000, 54_000, 60_000)
_CONNECTIONS = 1_000
_KEPT = 0.97


def measure_curve(bench: Bench) -> Curve:
    """Return the curve of plain text; the first rate that is not kept is its last point."""
    curve = Curve("Plain text, 1,000 WebSocket connections, acknowledged after the flush", [])
    desk = bench.desk()
    for rate in _RATES:
        with bench.showing(f"Latency at {rate:,}/s"):
            row = Row(key="curve", group="curve", title="")
            try:
                chat(bench, row, desk, _CONNECTIONS, rate=rate)
            except WrongAnswer as refusal:
                if "retry_later" not in str(refusal):
                    raise
                break  # so far beyond what it can do that the desk asks for patience
        assert row.rate is not None
        assert row.p50_ms is not None
        assert row.p99_ms is not None
        assert row.p99_9_ms is not None
        found = row.rate.median
        if not found:
            break  # nothing was answered within the window: far beyond what the desk can do
        latencies = (row.p50_ms.median, row.p99_ms.median, row.p99_9_ms.median)
        curve.points.append(CurvePoint(rate, found, *latencies))
        if found < _KEPT * rate:
            break
    return curve
