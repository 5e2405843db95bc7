import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalinglab import gains
from scalinglab import resampling as rs

quick = settings(max_examples=30, deadline=None)


def runs(seed, multiplier=4.0, noise=0.02, slope=0.1, n_clusters=20, per=4, hinge=None):
    """Runs whose treated half scores as if it had ``multiplier`` times the compute."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(n_clusters), per)
    log_flop = rng.uniform(20, 24, len(cluster))
    treated = np.arange(len(cluster)) % 2 == 0
    effective = log_flop if hinge is None else np.maximum(log_flop - hinge, 0)
    score = 0.4 + slope * (effective + np.log10(multiplier) * treated)
    score += noise * (rng.normal(size=n_clusters)[cluster] + rng.normal(size=len(cluster)))
    return 10**log_flop, score, treated, cluster


# Common slope.


@quick
@given(st.integers(0, 2**32 - 1), st.floats(0.2, 30), st.floats(0.01, 10))
def test_a_known_multiplier_is_recovered(seed, multiplier, slope):
    flop, score, treated, cluster = runs(seed, multiplier, noise=0, slope=slope)
    found = gains.common_slope(flop, score, treated, cluster, n_resamples=20, max_above=1)
    assert found.estimate == pytest.approx(multiplier, rel=1e-6)
    assert (found.low, found.high) == pytest.approx((multiplier, multiplier), rel=1e-6)
    assert found.slope.estimate == pytest.approx(slope)
    assert found.gain.estimate == pytest.approx(slope * np.log10(multiplier), abs=1e-9)
    assert found.reason == "" and found.hinge is None and found.undefined == 0
    shared = np.sort([flop[treated].min(), flop[~treated].min()])[1]
    assert found.flop_range[0] == shared and found.flop_range[1] <= flop.max()


@quick
@given(st.integers(0, 2**32 - 1), st.floats(1e-6, 1e6), st.floats(0.1, 10))
def test_units_of_compute_and_of_score_do_not_matter(seed, c, d):
    flop, score, treated, cluster = runs(seed)
    plain = gains.common_slope(flop, score, treated, cluster, n_resamples=50)
    scaled = gains.common_slope(c * flop, 5 + d * score, treated, cluster, n_resamples=50)
    loss = gains.common_slope(
        flop, 9 - d * score, treated, cluster, n_resamples=50, larger_is_better=False
    )
    for other in (scaled, loss):
        assert (other.estimate, other.low, other.high) == pytest.approx(
            (plain.estimate, plain.low, plain.high), rel=1e-6
        )
    assert scaled.flop_range == pytest.approx([c * f for f in plain.flop_range])


def test_exchanging_treated_and_untreated_inverts_the_multiplier():
    flop, score, treated, cluster = runs(1)
    one = gains.common_slope(flop, score, treated, cluster)
    other = gains.common_slope(flop, score, ~treated, cluster)
    assert other.estimate == pytest.approx(1 / one.estimate)
    assert (other.low, other.high) == pytest.approx((1 / one.high, 1 / one.low))


def test_rows_in_another_order_change_nothing():
    data = runs(2)
    order = np.random.default_rng(3).permutation(len(data[0]))
    one = gains.common_slope(*data, hinge="fit")
    other = gains.common_slope(*(column[order] for column in data), hinge="fit")
    assert (other.estimate, other.low, other.high) == pytest.approx(
        (one.estimate, one.low, one.high)
    )


def test_the_interval_covers_about_as_often_as_it_says():
    hits = 0
    for seed in range(150):
        found = gains.common_slope(*runs(seed, noise=0.1), level=0.9, n_resamples=300, seed=seed)
        hits += found.low <= 4 <= found.high
    assert 0.8 <= hits / 150 <= 0.97


def test_a_hinge_is_found_and_used():
    data = runs(4, hinge=22, noise=0.002)
    fitted = gains.common_slope(*data, hinge="fit")
    assert fitted.hinge == pytest.approx(22, abs=0.15)
    assert fitted.low <= 4 <= fitted.high
    assert fitted.flop_range[0] == pytest.approx(10**fitted.hinge)
    given_ = gains.common_slope(*data, hinge=22.0)
    assert given_.estimate == pytest.approx(4, rel=0.1) and given_.hinge == 22
    assert gains.common_slope(*data).estimate > 6  # a straight line is flatter, so it overstates


def test_the_logit_scale():
    flop, score, treated, cluster = runs(5, noise=0.05, slope=0.5)
    logistic = 1 / (1 + np.exp(10 - score))  # about 0.05 to 0.95
    found = gains.common_slope(flop, logistic, treated, cluster, scale="logit")
    assert found.slope.estimate == pytest.approx(0.5, abs=0.05)
    assert found.low <= 4 <= found.high
    down = gains.common_slope(
        flop, 1 - logistic, treated, cluster, scale="logit", larger_is_better=False
    )
    assert down.estimate == pytest.approx(found.estimate)


def test_strata_take_up_other_levels_and_help_to_fix_the_slope():
    flop, score, treated, cluster = runs(6, noise=0.01)
    corpus = np.random.default_rng(7).choice(["compared", "other"], len(flop))
    treated = treated & (corpus == "compared")
    score = 0.1 * np.log10(flop) + 0.06 * treated + 3 * (corpus == "other")
    found = gains.common_slope(flop, score, treated, cluster, strata=corpus)
    assert found.estimate == pytest.approx(10**0.6)
    inside = corpus == "compared"
    assert found.flop_range[1] == min(flop[treated].max(), flop[inside & ~treated].max())


def test_noise_of_runs_widens_the_interval_by_what_theory_says():
    """Twelve runs on eight tasks without task noise: all spread comes from the runs' seeds."""
    log_flop = np.repeat(np.tile([20.0, 21.0, 22.0], 4), 8)
    treated = np.repeat(np.arange(12) >= 6, 8)
    task, run = np.tile(np.arange(8), 12), np.repeat(np.arange(12), 8)
    score = log_flop + treated * 0.3 + task
    exact = gains.common_slope(10**log_flop, score, treated, task, max_above=1)
    assert exact.gain.low == pytest.approx(0.3) and exact.gain.high == pytest.approx(0.3)
    noisy = gains.common_slope(
        10**log_flop, score, treated, task, max_above=1, run_sd=0.2, runs=run, n_resamples=4000
    )
    assert noisy.estimate == pytest.approx(exact.estimate)
    half_width = 1.96 * 0.2 * np.sqrt(1 / 6 + 1 / 6)  # a difference of two means of six runs
    assert np.ptp(noisy.gain[1:]) / 2 == pytest.approx(half_width, rel=0.05)
    half_width = 1.96 * 0.2 / np.sqrt(8)  # sum of squared log10 C over twelve runs
    assert np.ptp(noisy.slope[1:]) / 2 == pytest.approx(half_width, rel=0.05)


def test_a_slope_that_may_be_zero_gives_no_number():
    found = gains.common_slope(*runs(8, slope=0.0, noise=0.05), max_above=1)
    assert np.isnan(found.estimate) and (found.low, found.high) == (0, np.inf)
    assert "not distinguished from 0" in found.reason
    assert found.gain is not None and found.slope.low <= 0 <= found.slope.high


def test_a_steep_but_wrong_way_slope_gives_no_number():
    flop, score, treated, cluster = runs(9, noise=0.01)
    assert np.isnan(gains.common_slope(flop, -score, treated, cluster).estimate)


def test_treated_scores_above_all_untreated_ones_give_no_number():
    flop, score, treated, cluster = runs(10, noise=0.01)
    found = gains.common_slope(flop, score + 5 * treated, treated, cluster)
    assert np.isnan(found.estimate)
    assert found.reason == "100% of the treated scores are better than any untreated one"


def test_no_shared_range_of_compute_gives_no_number():
    flop, score, treated, cluster = runs(11)
    found = gains.common_slope(np.where(treated, 1e6 * flop, flop), score, treated, cluster)
    assert np.isnan(found.estimate) and np.isnan(found.flop_range).all()
    assert "share no range" in found.reason


def test_resamples_without_a_slope_count_as_endless_and_are_not_dropped():
    flop, score, treated, cluster = runs(30, noise=0.3, slope=0.08, n_clusters=10)
    log_flop = np.log10(flop)
    drawn = rs.bootstrap(lambda w: rs.ols(w, score, log_flop, treated).slopes, cluster).distribution
    flat = drawn[:, 0] <= 0
    assert 0.01 < flat.mean() < 0.15  # few enough for the slope's 60% interval to lie above 0
    multiplier = np.where(drawn[:, 1] < 0, 0.0, np.inf)
    with np.errstate(over="ignore"):
        multiplier[~flat] = 10 ** (drawn[~flat, 1] / drawn[~flat, 0])
    found = gains.common_slope(flop, score, treated, cluster, level=0.6)
    assert found.slope.low > 0
    assert (found.low, found.high) == pytest.approx(rs.percentiles(multiplier, 0.6))
    assert found.high > rs.percentiles(multiplier[~flat], 0.6)[1]  # what dropping them would say


# Equal score.

CURVE = 10.0 ** np.arange(18, 25), np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])


@pytest.mark.parametrize("curve", ["mean", "frontier"])
@quick
@given(st.floats(0.1, 0.7), st.floats(1e-3, 1e3))
def test_equal_score_reads_the_untreated_curve_backwards(curve, score, c):
    flop, scores = CURVE
    found = gains.equal_score(flop, scores, 1e21, score, curve=curve)
    assert found.estimate == pytest.approx(10 ** (10 * (score - 0.4)), rel=1e-6)
    assert found.flop_range == (1e21, 1e21) and np.isnan([found.low, found.high]).all()
    scaled = gains.equal_score(c * flop, scores, c * 1e21, score, curve=curve)
    assert scaled.estimate == pytest.approx(found.estimate)
    loss = gains.equal_score(flop, -scores, 1e21, -score, curve=curve, larger_is_better=False)
    assert loss.estimate == pytest.approx(found.estimate)


@pytest.mark.parametrize(("score", "side"), [(0.75, "better"), (0.05, "worse")])
def test_equal_score_never_extrapolates(score, side):
    found = gains.equal_score(*CURVE, 1e21, score)
    assert np.isnan(found.estimate) and (found.low, found.high) == (0, np.inf)
    assert found.reason == f"the treated score is {side} than the whole untreated curve"


def test_one_lucky_run_moves_the_frontier_more_than_the_mean_curve():
    flop, score = np.repeat(CURVE[0], 5), np.repeat(CURVE[1], 5)
    lucky = score.copy()
    lucky[10] += 0.15
    change = {
        curve: gains.equal_score(flop, lucky, 1e21, 0.42, curve=curve).estimate
        / gains.equal_score(flop, score, 1e21, 0.42, curve=curve).estimate
        for curve in ("mean", "frontier")
    }
    assert change["frontier"] < 0.1 and change["mean"] == pytest.approx(1)


def test_equal_score_has_an_interval_from_the_untreated_clusters():
    flop, score, _, cluster = runs(12, multiplier=1.0, noise=0.01)
    at_22 = 0.4 + 0.1 * 22
    found = gains.equal_score(flop, score, 1e21, at_22, clusters=cluster)
    assert found.low <= 10 <= found.high and found.high / found.low < 4
    assert (found.n, found.clusters, found.undefined, found.reason) == (80, 20, 0, "")


def test_resamples_that_never_reach_the_score_leave_the_interval_open():
    flop, score = np.tile(CURVE[0], 4), np.tile(CURVE[1], 4)
    cluster = np.repeat(np.arange(4), 7)
    score = score - 0.2 * (cluster > 0)  # only one cluster reaches 0.6 and above
    found = gains.equal_score(flop, score, 1e21, 0.65, clusters=cluster, curve="frontier")
    assert np.isfinite(found.estimate) and found.high == np.inf
    assert "does not reach the treated score" in found.reason


# Bad input.

GOOD = {
    "training_flop": [1e20, 1e21, 1e20, 1e21],
    "score": [0.1, 0.2, 0.2, 0.3],
    "treated": [0, 0, 1, 1],
    "clusters": list("abab"),
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"training_flop": [1e20, 1e21]}, r"training_flop has shape \(2,\); there are 4 rows"),
        ({"training_flop": [0, 1, 2, 3]}, "training_flop is 0 in row 0; it must be positive"),
        ({"score": [0.1, np.nan, 0.2, 0.3]}, "score is nan in row 1"),
        ({"treated": [0, 0, 2, 1]}, "treated must be true or false"),
        ({"treated": [1, 1, 1, 1]}, "treated is the same in every row"),
        ({"clusters": list("aaaa")}, "there are 1 clusters"),
        ({"clusters": list("ab")}, "clusters has 2 labels; there are 4 rows"),
        ({"strata": list("ab")}, "strata has 2 labels"),
        ({"strata": list("aabb")}, "constant within the strata"),
        ({"scale": "log"}, "scale is 'log'"),
        ({"scale": "logit", "score": [0, 0.2, 0.2, 0.3]}, "score is 0 in row 0; the logit"),
        ({"hinge": 25.0}, "hinge is 25.0"),
        ({"hinge": "auto"}, "hinge is 'auto'"),
    ],
)
def test_common_slope_names_bad_input(change, message):
    with pytest.raises(ValueError, match=message):
        gains.common_slope(**{**GOOD, **change})


def test_common_slope_names_a_bad_level_and_unlabelled_runs():
    with pytest.raises(ValueError, match=r"level is 1\.5"):
        gains.common_slope(*runs(0), level=1.5)
    with pytest.raises(ValueError, match="runs must have one label for each of 80 rows"):
        gains.common_slope(*runs(0), run_sd=1.0, runs=["a"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"score": [0.1, 0.2]}, r"training_flop has shape"),
        ({"training_flop": [1e20] * 4}, "a curve needs two"),
        ({"treated_flop": -1}, "treated_flop is -1"),
        ({"treated_score": np.nan}, "treated_score is nan"),
        ({"curve": "best"}, "curve is 'best'"),
        ({"clusters": ["a"]}, "clusters has 1 labels"),
    ],
)
def test_equal_score_names_bad_input(change, message):
    good = {k: GOOD[k] for k in ("training_flop", "score")}
    with pytest.raises(ValueError, match=message):
        gains.equal_score(**{**good, "treated_flop": 1e20, "treated_score": 0.2, **change})


@quick
@given(st.integers(0, 99), st.floats(0.05, 0.95))
def test_compute_to_reach_inverts_a_rising_curve_and_weights_repeat_rows(seed, target):
    rng = np.random.default_rng(seed)
    flop, score = 10 ** np.sort(rng.uniform(20, 24, 12)), np.sort(rng.random(12))
    score[[0, -1]] = 0, 1
    found = gains.compute_to_reach(np.ones((1, 12)), flop, score, target)[0]
    assert np.interp(np.log(found), np.log(flop), score) == pytest.approx(target)
    weights = rng.integers(0, 4, (3, 12)).astype(float)
    weights[:, [0, -1]] = 1
    noisy = score + rng.normal(0, 0.2, 12)
    repeated = [
        gains.compute_to_reach(
            np.ones((1, int(w.sum()))),
            *(np.repeat(v, w.astype(int)) for v in (flop, noisy)),
            target,
        )[0]
        for w in weights
    ]
    assert gains.compute_to_reach(weights, flop, noisy, target) == pytest.approx(repeated)


def test_compute_to_reach_never_extrapolates():
    flop, score, w = [1e20, 1e21], [0.2, 0.4], np.ones((1, 2))
    assert gains.compute_to_reach(w, flop, score, 0.1)[0] == 0
    assert gains.compute_to_reach(w, flop, score, 0.5)[0] == np.inf
    assert np.isnan(gains.compute_to_reach(np.array([[2.0, 0.0]]), flop, score, 0.3)[0])
