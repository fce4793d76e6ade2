"""How figures are written: the same on the terminal, in Markdown and in plots."""

from __future__ import annotations

from benchmarks.load.results import Goal, Row, Spread

VERDICTS = {"aim": "aim reached", "reached": "reached", "missed": "MISSED", "unknown": "not measured"}


def number(value: float | None) -> str:
    """Write a figure with three significant digits, large ones in full with thousands separators."""
    if value is None:
        return "–"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3f}"


def published(row: Row) -> str:
    """What the published table says of this scenario."""
    if row.published_rate is None:
        return "–"
    return f"{number(row.published_rate)}/s, {number(row.published_ms)} ms"


def rate(row: Row) -> str:
    """Median rate and its range."""
    if row.rate is None:
        return "–"
    mark = " ~" if row.is_disturbed else ""
    bound = "≥ " if row.generator_bound else ""
    return f"{bound}{number(round(row.rate.median))}/s ({_range(row.rate)}){mark}"


def _range(spread: Spread) -> str:
    return f"{number(round(spread.low))}–{number(round(spread.high))}"


def latencies(row: Row) -> str:
    """Medians of p50, p99 and p99.9."""
    spreads = (row.p50_ms, row.p99_ms, row.p99_9_ms)
    return " / ".join(number(spread.median) if spread else "–" for spread in spreads)


def times_published(row: Row) -> str:
    """Measured over published rate."""
    if row.rate is None or not row.published_rate:
        return "–"
    return f"{row.rate.median / row.published_rate:.1f} ×"


def share_of_echo(row: Row) -> str:
    """Rate as a share of the bare C echo's."""
    return "–" if row.share_of_echo is None else f"{row.share_of_echo:.2f}"


def cpu(row: Row) -> str:
    """The server's processor time for each message, and the C echo's beside it."""
    if row.server_cpu_us is None:
        return "–"
    beside = f" ({number(row.echo_cpu_us)})" if row.echo_cpu_us else ""
    return number(row.server_cpu_us.median) + beside


def generator(row: Row) -> str:
    """The generator's share of its core."""
    return "–" if row.generator_share is None else f"{row.generator_share:.0%}"


def outcome(row: Row) -> str:
    """One word on the row, or why there are no figures."""
    if row.skipped:
        return f"skipped: {row.skipped}"
    if row.failure:
        return f"FAILED: {row.failure}"
    if row.generator_bound:
        return "NOT VALID: the generator was the limit"
    verdicts = [goal.verdict for goal in row.goals]
    for worst in ("missed", "unknown", "reached", "aim"):
        if worst in verdicts:
            return VERDICTS[worst]
    return ""


def bar(goal: Goal, value: float | None) -> str:
    """The figure that a goal asks for, with its direction."""
    if value is None:
        return "–"
    return f"{'≥' if goal.more_is_better else '≤'} {number(value)} {goal.unit}".strip()


def measured(goal: Goal) -> str:
    """The figure that was found, with its unit."""
    return f"{number(goal.measured)} {goal.unit}".strip()
