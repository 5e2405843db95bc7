import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalinglab.intervals import binomial_difference, student

percents = st.floats(0, 100)


def test_student_covers_as_often_as_it_says():
    rng = np.random.default_rng(0)
    ends = np.array([student(rng.normal(size=4)) for _ in range(2000)])
    assert ((ends[:, 1] < 0) & (ends[:, 2] > 0)).mean() == pytest.approx(0.95, abs=0.015)


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=6), st.floats(-5, 5))
def test_student_moves_with_its_values(values, shift):
    moved = student(np.array(values) + shift)
    assert moved == pytest.approx(np.array(student(values)) + shift, abs=1e-9)


@given(percents, percents, st.integers(1, 1000))
def test_a_difference_turns_its_sign_and_narrows_with_trials(after, before, n):
    middle, low, high = binomial_difference(after, before, n)
    assert low <= middle <= high
    assert binomial_difference(before, after, n) == pytest.approx((-middle, -high, -low))
    assert (high - low) == pytest.approx(2 * np.ptp(binomial_difference(after, before, 4 * n)[1:]))


def test_two_samples_of_coins_are_covered():
    rng = np.random.default_rng(1)
    a, b = 100 * rng.binomial(200, 0.7, 2000) / 200, 100 * rng.binomial(200, 0.5, 2000) / 200
    ends = np.array([binomial_difference(x, y, 200) for x, y in zip(a, b, strict=True)])
    assert ((ends[:, 1] < 20) & (ends[:, 2] > 20)).mean() == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize("values", [[1.0], [1.0, np.nan], [[1.0, 2.0]]])
def test_student_refuses_what_has_no_interval(values):
    with pytest.raises(ValueError, match="at least two finite"):
        student(values)


@pytest.mark.parametrize("case", [(101, 50, 10), (50, -1, 10), (50, 50, 0)])
def test_percentages_and_trials_must_be_possible(case):
    with pytest.raises(ValueError, match="must be percentages"):
        binomial_difference(*case)
