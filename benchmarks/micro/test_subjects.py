"""Each subject and way as pytest-benchmark shows them: ``pytest benchmarks/micro`` (dependency group test).

Question: what does one operation cost, and how much more the naive or usual way? Unit: a thousand operations.
A regression would mean that every message pays for it; `python -m benchmarks micro` decides on one by counting
instructions, because times on a busy machine decide nothing.
"""

import pytest

from benchmarks.micro.subjects import SUBJECTS

WAYS = [
    pytest.param(subject.name, make, id=f"{subject.name}: {way}")
    for subject in SUBJECTS
    for way, make in {"the desk": subject.desk, **subject.others}.items()
]


@pytest.mark.parametrize(("group", "make"), WAYS)
def test_a_thousand_operations(benchmark, group, make):
    benchmark.group = group
    try:
        run = make()
    except ImportError as missing:
        pytest.skip(f"{missing.name} is not installed")
    benchmark(run, 1000)
