import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalinglab import frontier

quick = settings(max_examples=60, deadline=None)
# Few distinct values, so that ties in compute and in score are common.
points = st.lists(st.tuples(st.integers(1, 8), st.integers(0, 5)), min_size=1, max_size=20)


@quick
@given(points, st.lists(st.integers(0, 9), min_size=1, max_size=5), st.booleans())
def test_running_best_is_the_best_of_the_points_so_far(rows, at, largest):
    x, score = np.array(rows, float).T
    best = frontier.running_best(x, score, at, largest=largest)
    for place, value in zip(at, best, strict=True):
        so_far = score[x <= place]
        if len(so_far):
            assert value == (so_far.max() if largest else so_far.min())
        else:
            assert np.isnan(value)


@quick
@given(points, st.integers(0, 2**32 - 1))
def test_running_best_under_weights_is_that_of_the_points_drawn(rows, seed):
    x, score = np.array(rows, float).T
    w = np.random.default_rng(seed).integers(0, 3, (6, len(x)))
    at = np.arange(10)
    together = frontier.running_best(x, score, at, weights=w)
    for row, best in zip(w, together, strict=True):
        alone = frontier.running_best(x[row > 0], score[row > 0], at)
        np.testing.assert_array_equal(best, alone)


@quick
@given(points, st.booleans())
def test_records_trace_the_running_best(rows, largest):
    frame = pd.DataFrame(rows, columns=["training_flop", "score"])
    kept = frontier.records(frame, "training_flop", "score", largest=largest)
    step = kept["score"] if largest else -kept["score"]
    assert kept["training_flop"].is_monotonic_increasing and kept["training_flop"].is_unique
    assert step.is_monotonic_increasing and step.is_unique
    at = np.arange(10)
    np.testing.assert_array_equal(
        frontier.running_best(kept["training_flop"], kept["score"], at, largest=largest),
        frontier.running_best(frame["training_flop"], frame["score"], at, largest=largest),
    )


def test_ties_and_groups():
    frame = pd.DataFrame(
        {
            "family": ["a", "b", "a", "a", "b", "a"],
            "flop": [1, 1, 1, 2, 3, 4],
            "score": [5, 4, 6, 6, 3, 7],
        },
        index=list("uvwxyz"),
    )
    # w beats u at the same compute; x only equals w; v leads its own family alone.
    assert frontier.records(frame, "flop", "score", by="family").index.tolist() == ["w", "z", "v"]
    assert frontier.records(frame, "flop", "score", by=["family"]).index.tolist() == ["w", "z", "v"]
    assert frontier.records(frame, "flop", "score").index.tolist() == ["w", "z"]


def test_size_needed_over_time():
    released = pd.to_datetime(["2023-03-01", "2023-07-01", "2023-09-01", "2024-02-01"])
    size, score = [65e9, 70e9, 7e9, 8e9], [0.64, 0.69, 0.60, 0.66]
    at = ["2023-01-01", "2023-03-01", "2023-08-01", "2023-12-01", "2024-03-01"]
    needed = frontier.size_needed(released, size, score, 0.63, at)
    np.testing.assert_array_equal(needed, [np.nan, 65e9, 65e9, 65e9, 8e9])
    assert frontier.size_needed(released, size, score, 0.66, at)[-1] == 8e9  # reached exactly
    assert np.isnan(frontier.size_needed(released, size, score, 0.9, at)).all()
    drawn = np.array([[1, 1, 1, 0], [0, 2, 0, 1]])
    needed = frontier.size_needed(released, size, score, 0.63, at, weights=drawn)
    np.testing.assert_array_equal(needed[0], [np.nan, 65e9, 65e9, 65e9, 65e9])
    np.testing.assert_array_equal(needed[1], [np.nan, np.nan, 70e9, 70e9, 8e9])


@quick
@given(
    st.lists(st.integers(0, 6), min_size=2, max_size=12), st.booleans(), st.floats(-1, 7), st.data()
)
def test_inverse_interpolation_undoes_interpolation(heights, falls, target, data):
    y = np.sort(np.array(heights, float)) * (-1 if falls else 1)
    target = -target if falls else target
    x = 10.0 ** np.cumsum(data.draw(st.lists(st.floats(0.1, 2), min_size=len(y), max_size=len(y))))
    answer = frontier.inverse_interpolate(x, y, target)
    if not y.min() <= target <= y.max():
        assert np.isnan(answer)
        return
    assert x[0] * (1 - 1e-9) <= answer <= x[-1] * (1 + 1e-9)
    assert np.interp(np.log(answer), np.log(x), y) == pytest.approx(target, abs=1e-6)


def test_a_plateau_is_reached_at_its_first_point():
    x = [1e20, 1e21, 1e22, 1e23]
    answers = frontier.inverse_interpolate(x, [1, 2, 2, 3], [1, 2, 2.5, 3])
    np.testing.assert_allclose(answers, [1e20, 1e21, 10**22.5, 1e23])
    np.testing.assert_allclose(frontier.inverse_interpolate(x, [3, 3, 3, 3], [3]), [1e20])


def test_inverse_interpolation_is_linear_in_log_x_and_keeps_the_shape():
    answer = frontier.inverse_interpolate([1e20, 1e22, 1e24], [0.2, 0.4, 0.8], [[0.3, 0.6]])
    np.testing.assert_allclose(answer, [[1e21, 1e23]])


FRAME = pd.DataFrame({"flop": [1.0, np.nan, 3.0], "score": [0.1, 0.2, np.nan]})


def test_missing_values_raise_unless_left_out():
    with pytest.raises(ValueError, match="flop is missing in 1 rows, first in row 1"):
        frontier.records(FRAME, "flop", "score")
    with pytest.raises(ValueError, match="x is missing"):
        frontier.running_best(FRAME["flop"], FRAME["score"], [5])
    assert len(frontier.records(FRAME, "flop", "score", nan_policy="omit")) == 1
    best = frontier.running_best(FRAME["flop"], FRAME["score"], [5], nan_policy="omit")
    assert best.tolist() == [0.1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: frontier.records(FRAME, "flops", "score"), "no column 'flops'"),
        (lambda: frontier.running_best([1, 2], [1], [1]), "lengths differ"),
        (lambda: frontier.running_best([1], [1], [1], nan_policy="drop"), "nan_policy is 'drop'"),
        (lambda: frontier.running_best([1], [1], [1], weights=np.ones((2, 3))), r"\(2, 3\)"),
        (lambda: frontier.running_best([1], [1], [1], weights=np.ones(1)), r"shape \(1,\)"),
        (lambda: frontier.size_needed([1, 2], [0, 5], [1, 1], 0, [3]), "parameters is 0 in row 0"),
        (lambda: frontier.size_needed([1], [1], [1], 0, [1], weights=np.ones(1)), r"shape \(1,\)"),
        (lambda: frontier.inverse_interpolate([1, 2], [1], 1), r"y has \(1,\)"),
        (lambda: frontier.inverse_interpolate([1], [1], 1), "at least two points"),
        (lambda: frontier.inverse_interpolate([1, 2], [1, np.nan], 1), "finite"),
        (lambda: frontier.inverse_interpolate([2, 1], [1, 2], 1), "strictly increasing"),
        (lambda: frontier.inverse_interpolate([0, 1], [1, 2], 1), "positive"),
        (lambda: frontier.inverse_interpolate([1, 2, 3], [1, 3, 2], 1), "rises and falls"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


RUNS = st.lists(st.lists(st.floats(1, 9), min_size=2, max_size=6), min_size=1, max_size=4).map(
    lambda runs: [(np.geomspace(1, 100, len(loss)), loss) for loss in runs]
)


@given(RUNS)
def test_the_lowest_curve_never_rises_and_lies_below_every_run(runs):
    at = np.geomspace(1, 100, 50)
    lowest = frontier.lowest_curve(runs, at)
    assert (np.diff(lowest) <= 0).all()
    for x, loss in runs:
        assert (lowest <= np.interp(np.log(at), np.log(x), loss) + 1e-12).all()


def test_an_undrawn_run_is_absent_and_nothing_begins_early():
    runs = [([1, 10], [5, 4]), ([2, 10], [3, 2])]
    lowest = frontier.lowest_curve(runs, [1, 2, 10], weights=np.array([[1, 0], [0, 2], [0, 0]]))
    np.testing.assert_allclose(lowest[0], [5, 5 - np.log(2) / np.log(10), 4])
    np.testing.assert_allclose(lowest[1], [np.nan, 3, 2])
    assert np.isnan(lowest[2]).all()


@given(st.floats(0.1, 0.9), st.floats(1.5, 4.5))
def test_a_power_of_the_compute_is_reached_where_the_formula_says(slope, target):
    at = np.geomspace(1, 1e6, 400)
    curve = 5 - slope * np.log(at) / np.log(10)
    reached = frontier.reach(at, curve, target)
    expected = 10 ** ((5 - target) / slope)
    if expected < 1e6:
        np.testing.assert_allclose(reached, expected, rtol=1e-6)
    else:
        assert np.isnan(reached)


def test_what_is_never_reached_is_nan():
    at = [1, 10, 100]
    assert np.isnan(frontier.reach(at, [5, 4, 3], 2))
    assert np.isnan(frontier.reach(at, [5, 4, 3], 6))
    np.testing.assert_allclose(frontier.reach(at, [[5, 4, 3], [np.nan, 4, 2]], 3), [100, 10**1.5])


@pytest.mark.parametrize("x", [[1, 1], [2, 1], [0, 1]])
def test_a_run_out_of_order_is_refused(x):
    with pytest.raises(ValueError, match="strictly increasing"):
        frontier.lowest_curve([(x, [2, 1])], [1])
    with pytest.raises(ValueError, match="at least one run"):
        frontier.lowest_curve([], [1])
