"""The latency ledger: how long each stage of the pipeline took, as histograms of powers of two."""

from typing import Final

__all__ = ["STAGES", "Ledger"]

STAGES: Final = ("authenticate", "parse", "route", "process", "reply", "durable")

#: Bucket n counts durations below 2**n nanoseconds; 2**36 is over a minute.
_BUCKETS: Final = 37


#: One message in so many is timed: reading the clock between all stages would cost more than some of them.
_SAMPLE: Final = 16


class Ledger:
    """Count durations by stage, of the first message and of every sixteenth after it."""

    def __init__(self) -> None:
        self._begun = 0
        #: Whether the message that is walking through the stages now is timed.
        self.is_timing = False
        self.buckets: Final = {stage: [0] * _BUCKETS for stage in STAGES}
        self.total_ns: Final = dict.fromkeys(STAGES, 0)

    def begin(self) -> None:
        """Say that the next message begins its walk."""
        self.is_timing = self._begun == 0
        self._begun = (self._begun + 1) % _SAMPLE

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
