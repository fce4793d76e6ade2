"""A subject that needs more instructions, or whose lead has shrunk, is a regression; a slow machine is none."""

import pytest
from benchmarks.micro.regression import BASELINE, Baseline, Figures, compare, load_baseline
from benchmarks.micro.subjects import SUBJECTS


def baseline(instructions, times_ns, place="here"):
    return Baseline(place, {"subject": Figures(instructions, times_ns)})


BEFORE = baseline({"": 1000, "twin": 5000}, {"": 100, "twin": 500})


def test_the_same_figures_are_no_regression():
    assert compare(BEFORE, BEFORE) == []


def test_a_slow_machine_is_no_regression():
    assert compare(BEFORE, baseline({"": 1010, "twin": 5000}, {"": 900, "twin": 950})) == []


def test_more_instructions_are_a_regression():
    worse = compare(BEFORE, baseline({"": 1100, "twin": 5500}, {"": 100, "twin": 500}))
    assert [(one.what, one.before, one.now) for one in worse] == [("instructions", 1000, 1100)]


def test_counts_of_another_place_are_not_compared_but_ratios_are():
    elsewhere = baseline({"": 3000, "twin": 15000}, {"": 1, "twin": 5}, place="elsewhere")
    assert compare(BEFORE, elsewhere) == []
    elsewhere.subjects["subject"].instructions["twin"] = 9000
    assert [one.what for one in compare(BEFORE, elsewhere)] == ["times cheaper than twin"]


def test_without_a_counter_only_a_large_change_of_the_time_ratio_counts():
    assert compare(BEFORE, baseline({}, {"": 150, "twin": 500})) == []
    assert compare(BEFORE, baseline({}, {"": 300, "twin": 500}))


def test_counts_are_not_held_against_a_baseline_of_times() -> None:
    before = baseline({}, {"": 100, "twin": 500})
    assert compare(before, baseline({"": 1000, "twin": 1000}, {"": 100, "twin": 500})) == []


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_every_subject_runs(subject):
    ways = {"": subject.desk, **subject.others}
    for name, make in ways.items():
        try:
            run = make()
        except ImportError:
            pytest.skip(f"{name} is not installed")
        run(10)
        run(10)  # the second time meets what the first has left


def test_the_saved_baseline_has_every_subject():
    assert set(load_baseline().subjects) == {subject.name for subject in SUBJECTS}, BASELINE
