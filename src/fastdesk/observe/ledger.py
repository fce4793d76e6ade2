"""The latency ledger: how long each stage of the pipeline took, as histograms of powers of two."""

from typing import Final

__all__ = ["STAGES", "Ledger"]

STAGES: Final = ("authenticate", "parse", "route", "process", "reply", "durable")

#: Bucket n counts durations below 2**n nanoseconds; 2**36 is over a minute.
_BUCKETS: Final = 37


class Ledger:
    """Count durations by stage. Adding is a few hundred nanoseconds and never allocates."""

    def __init__(self) -> None:
        self.buckets: Final = {stage: [0] * _BUCKETS for stage in STAGES}
        self.total_ns: Final = dict.fromkeys(STAGES, 0)

    def add(self, stage: str, duration_ns: int) -> None:
        """Count one duration in nanoseconds."""
        self.buckets[stage][min(duration_ns.bit_length(), _BUCKETS - 1)] += 1
        self.total_ns[stage] += duration_ns

    def quantile_ns(self, stage: str, share: float) -> int:
        """Return an upper bound of the duration below which `share` of the turns lay, 0 when there were none."""
        buckets = self.buckets[stage]
        wanted, seen = share * sum(buckets), 0
        for exponent, count in enumerate(buckets):
            seen += count
            if count and seen >= wanted:
                return 1 << exponent
        return 0
