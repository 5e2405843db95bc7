import doctest
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from myst_nb import glue

from scalinglab import report, resampling

FINITE = st.floats(-1e6, 1e6).filter(lambda v: v == 0 or abs(v) > 1e-6)


def test_the_examples_of_the_docstrings():
    assert doctest.testmod(report).failed == 0


@pytest.mark.parametrize(
    ("given_", "shown"),
    [
        ((150.2, 120.1, 320, "x"), "150x [120, 320]"),
        ((1.62, 1.14, math.inf, "x"), "1.6x [1.1, unbounded]"),
        ((1.54, 1.14, 2.06, "x a year"), "1.5x a year [1.1, 2.1]"),
        ((0.516, 0.24, 1.0, "share"), "52% [24, 100]"),
        ((0.0, 0.0, 0.0, "points"), "0 points [0, 0]"),
        ((-0.0001, -0.5, 0.5, ""), "0.00 [-0.50, 0.50]"),
        ((123456.7, None, None, ""), "123,457"),
        ((0.00123, None, None, ""), "0.00123"),
    ],
)
def test_numbers_as_the_book_prints_them(given_, shown):
    estimate, low, high, unit = given_
    assert report.text(estimate, low, high, unit) == shown


def test_half_an_interval_is_refused():
    with pytest.raises(ValueError, match="both ends"):
        report.text(1.0, 0.5)


def test_a_result_of_resampling_brings_its_interval():
    result = resampling.bootstrap(lambda w: resampling.mean(w, [1, 2, 3]), range(3))
    assert report.spread(result) == (2.0, *result.interval())
    assert report.spread(1.0, 0.5, 2.0) == (1.0, 0.5, 2.0)


@pytest.mark.parametrize("shown", ["8.6% [3.1, 15.2]", 'it\'s "half", née'])
def test_a_text_is_glued_as_the_renderer_does_it(shown):
    InteractiveShell.instance()
    with capture_output() as ours:
        report.words("key", shown)
    with capture_output() as theirs:
        glue("key", shown, display=False)
    assert ours.stdout == f"key: {shown}\n"
    assert [vars(output) for output in ours.outputs] == [vars(output) for output in theirs.outputs]


@given(estimate=FINITE, below=st.floats(0, 1e6), above=st.floats(0, 1e6))
def test_what_is_printed_is_close_to_what_was_computed(estimate, below, above):
    low, high = estimate - below, estimate + above
    shown = report.text(estimate, low, high).replace(", ", " ")
    printed = [float(word.strip("[]").replace(",", "")) for word in shown.split()]
    scale = max(abs(estimate), (high - low) / 4)
    for value, number in zip((estimate, low, high), printed, strict=True):
        assert abs(number - value) <= 0.051 * scale + 1e-12
    assert printed[1] <= printed[0] <= printed[2]
