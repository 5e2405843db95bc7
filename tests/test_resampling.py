import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from scalinglab import resampling as rs

numbers = st.integers(-1000, 1000).map(lambda i: i / 7)
quick = settings(max_examples=40, deadline=None)


def weights(rows, resamples=5):
    """Multiplicities with at least three rows drawn in every resample."""
    whole = arrays(float, (resamples, rows), elements=st.integers(0, 3).map(float))
    return whole.filter(lambda w: (np.count_nonzero(w, axis=1) >= 3).all())


def repeated(row, *columns):
    """Each column with every row repeated as often as it was drawn."""
    return [np.repeat(c, row.astype(int), axis=0) for c in columns]


columns = st.integers(4, 12).flatmap(
    lambda n: st.tuples(weights(n), *[arrays(float, n, elements=numbers) for _ in range(3)])
)


# The weighted statistics are those of the repeated rows.


@quick
@given(columns, st.floats(0, 1))
def test_mean_ratio_and_quantile_are_those_of_the_repeated_rows(drawn, q):
    w, x, y, _ = drawn
    y = np.abs(y) + 1
    for r, row in enumerate(w):
        xs, ys = repeated(row, x, y)
        assert rs.mean(w, x)[r] == pytest.approx(xs.mean(), abs=1e-9)
        assert rs.ratio(w, x, y)[r] == pytest.approx(xs.sum() / ys.sum(), abs=1e-9)
        assert rs.quantile(w, x, q)[r] == pytest.approx(np.quantile(xs, q), abs=1e-9)


@quick
@given(columns)
def test_correlations_are_those_of_the_repeated_rows(drawn):
    w, x, y, _ = drawn
    pearson, spearman = rs.correlation(w, x, y), rs.spearman(w, x, y)
    for r, row in enumerate(w):
        xs, ys = repeated(row, x, y)
        if np.ptp(xs) == 0 or np.ptp(ys) == 0:
            assert np.isnan(pearson[r]) and np.isnan(spearman[r])
        else:
            assert pearson[r] == pytest.approx(stats.pearsonr(xs, ys)[0], abs=1e-9)
            assert spearman[r] == pytest.approx(stats.spearmanr(xs, ys)[0], abs=1e-9)


@quick
@given(columns)
def test_ols_is_lstsq_on_the_repeated_rows(drawn):
    w, x1, x2, y = drawn
    design = np.column_stack([np.ones_like(x1), x1, x2])
    assume(np.linalg.cond(design) < 1e4)
    fit = rs.ols(w, y, x1, x2)
    for r, row in enumerate(w):
        rows, ys = repeated(row, design, y)
        if np.linalg.matrix_rank(rows) < 3:
            assert np.isnan(fit.slopes[r]).all() and np.isnan(fit.r_squared[r])
            continue
        if np.linalg.cond(rows) > 1e4:
            continue
        beta = np.linalg.lstsq(rows, ys, rcond=None)[0]
        assert [fit.intercept[r], *fit.slopes[r]] == pytest.approx(beta, abs=1e-6, rel=1e-6)
        residual = ((ys - rows @ beta) ** 2).sum()
        assert fit.residual[r] == pytest.approx(residual, abs=1e-5, rel=1e-6)
        if np.ptp(ys) > 0:
            total = ((ys - ys.mean()) ** 2).sum()
            assert fit.r_squared[r] == pytest.approx(1 - residual / total, abs=1e-6)


def test_ols_keeps_its_digits_for_log_flop_beside_an_indicator():
    rng = np.random.default_rng(0)
    log_flop, treated = 23 + rng.uniform(0, 1e-3, 40), rng.integers(0, 2, 40)
    fit = rs.ols(np.ones((1, 40)), 7 + 0.25 * log_flop + 0.5 * treated, log_flop, treated)
    assert fit.slopes[0] == pytest.approx([0.25, 0.5], rel=1e-8)
    assert fit.intercept[0] == pytest.approx(7, rel=1e-8)


@quick
@given(st.integers(0, 2**32 - 1))
def test_ols_with_strata_is_ols_with_an_indicator_for_each(seed):
    rng = np.random.default_rng(seed)
    stratum = np.repeat(["a", "b", "c"], 5)
    x, y = rng.normal(size=15), rng.normal(size=15)
    w = rng.integers(0, 3, (6, 15)).astype(float)
    w[0, :5] = 0  # a resample that misses a stratum
    w[:, 5:] += 1
    fit = rs.ols(w, y, x, strata=stratum)
    for r, row in enumerate(w):
        design = np.column_stack([x, *(stratum == s for s in "abc")])
        root = np.sqrt(row)
        beta = np.linalg.lstsq(design * root[:, None], y * root, rcond=None)[0]
        assert fit.slopes[r, 0] == pytest.approx(beta[0], abs=1e-8)
        assert fit.residual[r] == pytest.approx((row * (y - design @ beta) ** 2).sum(), abs=1e-8)


def test_ols_takes_other_values_in_each_resample():
    rng = np.random.default_rng(1)
    x, y, w = rng.normal(size=9), rng.normal(size=(4, 9)), rng.integers(1, 4, (4, 9))
    together = rs.ols(w, y, x).slopes
    assert together == pytest.approx(np.vstack([rs.ols(w[[r]], y[r], x).slopes for r in range(4)]))


def test_ols_says_nan_where_a_resample_cannot_identify_the_fit():
    w = np.array([[1, 1, 1, 1], [2, 2, 0, 0], [0, 0, 0, 0]], float)
    fit = rs.ols(w, [1.0, 2.0, 3.0, 5.0], [0.3, 0.3, 0.7, 0.9])
    assert np.isnan(fit.slopes[:, 0]).tolist() == [False, True, True]


# The cluster bootstrap.


def share(x):
    return lambda w: rs.mean(w, x)


def test_singleton_clusters_give_the_ordinary_bootstrap():
    x = np.random.default_rng(2).gamma(2, size=30)
    ours = rs.bootstrap(share(x), np.arange(30), n_resamples=5000)
    scipys = stats.bootstrap((x,), np.mean, n_resamples=5000, rng=3, method="percentile")
    assert stats.ks_2samp(ours.distribution, scipys.bootstrap_distribution).pvalue > 0.01
    interval = scipys.confidence_interval
    assert ours.interval() == pytest.approx((interval.low, interval.high), abs=0.05)
    assert (ours.n, ours.clusters, ours.undefined) == (30, 30, 0)


def test_the_cluster_bootstrap_repeats_whole_clusters():
    """The variance of a mean over equal clusters is the variance of the cluster means over k."""
    rng = np.random.default_rng(4)
    cluster = np.repeat(np.arange(25), 8)
    x = rng.normal(size=25)[cluster] + rng.normal(size=200)
    means = x.reshape(25, 8).mean(axis=1)
    spread = rs.bootstrap(share(x), cluster, n_resamples=5000).distribution.std()
    assert spread == pytest.approx(means.std() / 5, rel=0.05)
    assert spread > 2 * rs.bootstrap(share(x), np.arange(200)).distribution.std()


@quick
@given(st.integers(0, 2**32 - 1), st.integers(0, 50))
def test_duplicating_every_row_and_permuting_the_rows_change_nothing(seed, draw):
    rng = np.random.default_rng(seed)
    x, cluster = rng.normal(size=20), rng.choice(list("abcdef"), 20)
    cluster[:2] = "a", "b"
    plain = rs.bootstrap(share(x), cluster, n_resamples=50, seed=draw)
    rows = rng.permutation(np.tile(np.arange(20), 2))
    twice = rs.bootstrap(share(x[rows]), cluster[rows], n_resamples=50, seed=draw)
    assert twice.estimate == pytest.approx(plain.estimate)
    assert twice.distribution == pytest.approx(plain.distribution)


def test_blocks_change_nothing(monkeypatch):
    x, cluster = np.random.default_rng(5).normal(size=(2, 40)), np.repeat(np.arange(8), 5)
    whole = rs.bootstrap(lambda w: rs.spearman(w, *x), cluster, n_resamples=103)
    monkeypatch.setattr(rs, "BLOCK", 400)
    assert rs.bootstrap(
        lambda w: rs.spearman(w, *x), cluster, n_resamples=103
    ).distribution == pytest.approx(whole.distribution)


def test_intervals_cover_about_as_often_as_they_say():
    rng = np.random.default_rng(6)
    cluster = np.repeat(np.arange(30), 4)
    hits = 0
    for seed in range(200):
        x = rng.normal(size=30)[cluster] + rng.normal(size=120)
        low, high = rs.bootstrap(share(x), cluster, n_resamples=400, seed=seed).interval(0.9)
        hits += low <= 0 <= high
    assert 0.82 <= hits / 200 <= 0.96  # rows as clusters would cover about half the time


def test_a_statistic_of_several_values_has_an_interval_for_each():
    x = np.arange(12.0)
    both = rs.bootstrap(lambda w: np.column_stack([rs.mean(w, x), rs.mean(w, -x)]), np.arange(12))
    low, high = both.interval()
    assert both.estimate == pytest.approx([5.5, -5.5])
    assert low == pytest.approx(-high[::-1])
    assert low[0] == pytest.approx(rs.bootstrap(share(x), np.arange(12)).interval()[0])


@quick
@given(arrays(float, 101, elements=numbers), st.floats(0.5, 0.99))
def test_percentiles_hold_the_stated_share_and_allow_infinite_tails(values, level):
    low, high = rs.percentiles(values, level)
    inside = ((values >= low) & (values <= high)).mean()
    assert inside >= level - 1e-9
    wide = np.concatenate([values, np.full(3, np.inf), [np.nan]])
    assert not np.isnan(rs.percentiles(wide, level)).any()


def test_paired_difference_is_narrower_than_its_sides_and_shares_their_draws():
    rng = np.random.default_rng(7)
    family, before = np.repeat(np.arange(10), 3), rng.normal(size=30) * 10
    after = before + 1 + rng.normal(size=30) / 10
    paired = rs.paired_difference(after, before, family, seed=8)
    assert paired.estimate == pytest.approx((after - before).mean())
    sides = [rs.bootstrap(share(x), family, seed=8).distribution for x in (after, before)]
    assert paired.distribution == pytest.approx(sides[0] - sides[1])
    assert np.ptp(paired.interval()) < 0.2 < np.ptp(np.quantile(sides[0], [0.025, 0.975]))


# Pairs across clusters.


def test_a_pair_weighs_the_product_of_its_clusters():
    drawn = np.array([[2.0, 0.0, 1.0], [1.0, 1.0, 1.0]])
    pairs = rs.pair_weights(drawn, np.array([0, 0, 1]), np.array([1, 2, 2]))
    assert pairs.tolist() == [[0, 2, 0], [1, 1, 1]]
    with pytest.raises(ValueError, match="pair 1 lies within one cluster"):
        rs.pair_weights(drawn, np.array([0, 2]), np.array([1, 2]))


@quick
@given(st.lists(st.sampled_from("abcd"), min_size=2, max_size=12))
def test_cross_pairs_are_all_ordered_pairs_of_different_clusters(family):
    i, j = rs.cross_pairs(family)
    wanted = {
        (a, b) for a in range(len(family)) for b in range(len(family)) if family[a] != family[b]
    }
    assert set(zip(i.tolist(), j.tolist(), strict=True)) == wanted and len(i) == len(wanted)


def test_the_pair_bootstrap_is_the_bootstrap_of_models_with_pairs_formed_afterwards():
    """Draw families, list their models as often as drawn, form pairs across families, count."""
    rng = np.random.default_rng(9)
    family = np.repeat(np.arange(6), 3)
    score = rng.normal(size=18) + family / 3
    i, j = rs.cross_pairs(family)
    won = score[i] > score[j] + 0.5
    boot = rs.pair_bootstrap(share(won), family[i], family[j], n_resamples=40, seed=10)
    for drawn, value in zip(rs.multiplicities(6, 40, 10), boot.distribution, strict=True):
        models = np.repeat(np.arange(18), drawn[family].astype(int))
        a, b = np.meshgrid(models, models, indexing="ij")
        across = family[a] != family[b]
        assert value == pytest.approx((score[a] > score[b] + 0.5)[across].mean())
    assert (boot.n, boot.clusters) == (len(i), 6)


def test_pairs_grouped_by_clusters_give_the_same_distribution():
    rng = np.random.default_rng(11)
    family = np.repeat(list("abcde"), 4)
    i, j = rs.cross_pairs(family)
    won = rng.random(len(i)) < 0.3
    single = rs.pair_bootstrap(share(won), family[i], family[j])
    keys, where = np.unique(np.char.add(family[i], family[j]), return_inverse=True)
    grouped = rs.pair_bootstrap(
        lambda w: rs.ratio(w, np.bincount(where, won), np.bincount(where)),
        [k[0] for k in keys],
        [k[1] for k in keys],
    )
    np.testing.assert_allclose(grouped.distribution, single.distribution)


def test_the_pair_interval_is_wider_than_pairs_taken_as_independent():
    rng = np.random.default_rng(12)
    family = np.repeat(np.arange(12), 3)
    score = rng.normal(size=12)[family] + rng.normal(size=36) / 4
    i, j = rs.cross_pairs(family)
    i, j = i[family[i] < 6], j[family[i] < 6]
    won = score[i] > score[j]
    honest = rs.pair_bootstrap(share(won), family[i], family[j])
    naive = rs.bootstrap(share(won), np.arange(len(i)))
    assert np.ptp(honest.interval()) > 3 * np.ptp(naive.interval())


# Subsampling.


@pytest.mark.parametrize("size", [5, 15, 30])
def test_subsample_has_the_standard_error_of_the_full_mean_at_any_size(size):
    x = np.random.default_rng(13).normal(size=40)
    boot = rs.subsample(share(x), np.arange(40), size, n_resamples=6000)
    assert boot.distribution.std() == pytest.approx(x.std(ddof=1) / np.sqrt(40), rel=0.06)
    assert boot.distribution.mean() == pytest.approx(x.mean(), abs=0.02)


def test_subsample_draws_each_cluster_once_or_not_at_all():
    cluster = np.repeat(np.arange(9), 2)
    seen = []
    rs.subsample(lambda w: (seen.append(w), w.sum(axis=1))[1], cluster, 4, n_resamples=50)
    drawn = seen[-1]
    assert set(np.unique(drawn)) == {0, 1} and (drawn.sum(axis=1) == 8).all()


def test_subsample_covers_a_maximum_where_the_bootstrap_sticks_to_it():
    """Uniform scores up to 1: the bootstrap can never exceed the best score seen."""
    rng = np.random.default_rng(14)

    def top(x):
        return lambda w: np.where(w > 0, x, -np.inf).max(axis=1)

    hits = {"bootstrap": 0, "subsample": 0}
    for seed in range(100):
        x = rng.random(200)
        _, high = rs.bootstrap(top(x), np.arange(200), n_resamples=200, seed=seed).interval(0.9)
        hits["bootstrap"] += high >= 1
        boot = rs.subsample(top(x), np.arange(200), 20, rate=1, n_resamples=200, seed=seed)
        low, high = boot.interval(0.9)
        hits["subsample"] += low <= 1 <= high
    assert hits["bootstrap"] == 0
    assert 75 <= hits["subsample"] <= 99


# Undefined resamples and bad input.


def test_undefined_resamples_are_counted_and_left_out_of_the_interval():
    x, old = np.arange(8.0), np.arange(8) < 2

    def early(w):
        return rs.mean(w[:, old], x[old])

    boot = rs.bootstrap(early, np.arange(8), max_undefined=0.2)
    assert boot.undefined == np.isnan(boot.distribution).sum()
    assert boot.undefined / 2000 == pytest.approx((6 / 8) ** 8, abs=0.03)
    assert boot.interval() == (0, 1)
    with pytest.raises(ValueError, match=r"undefined on \d+ of 2000 resamples"):
        rs.bootstrap(early, np.arange(8))
    with pytest.raises(ValueError, match="undefined on the data themselves"):
        rs.bootstrap(lambda w: np.full(len(w), np.nan), np.arange(8))


# Contrasts of runs


grids = st.tuples(st.integers(2, 6), st.integers(2, 5)).flatmap(
    lambda shape: st.tuples(
        arrays(float, shape, elements=numbers), arrays(float, shape[1], elements=numbers)
    )
)


@quick
@given(grids)
def test_a_contrast_without_noise_is_the_bootstrap_of_each_task_contrast(drawn):
    scores, coefficients = drawn
    found = rs.contrasts(scores, coefficients, n_resamples=50)
    per_task = scores @ coefficients
    expected = rs.bootstrap(lambda w: rs.mean(w, per_task), range(len(scores)), n_resamples=50)
    assert found.estimate == pytest.approx(expected.estimate, abs=1e-6)
    assert found.distribution == pytest.approx(expected.distribution, abs=1e-6)
    assert found.clusters == expected.clusters


@quick
@given(grids, st.floats(0.1, 5))
def test_the_noise_of_runs_adds_its_variance_and_no_bias(drawn, sd):
    scores, coefficients = drawn
    flat = np.zeros_like(scores)  # no task differs from another: what scatters is the noise
    assume(np.abs(coefficients).max() > 0.1)
    found = rs.contrasts(flat, coefficients, run_sd=sd, n_resamples=4000)
    assert found.estimate == 0
    expected = sd * np.linalg.norm(coefficients)
    assert found.distribution.std() == pytest.approx(expected, rel=0.08)
    assert abs(found.distribution.mean()) < 0.08 * expected


def test_contrasts_in_one_call_share_their_noise_and_map_keeps_them_paired():
    scores = np.random.default_rng(0).normal(size=(20, 3))
    both = rs.contrasts(scores, np.array([[1, 2], [-1, -2], [0, 0]]), run_sd=[1, 2, 0])
    half = both.map(lambda c: c[..., 0] / c[..., 1])
    assert half.estimate == pytest.approx(0.5)
    assert half.distribution == pytest.approx(np.full(2000, 0.5))
    assert half.interval() == pytest.approx((0.5, 0.5))
    assert (half.n, half.clusters) == (60, 20)


@quick
@given(st.integers(0, 5))
def test_noise_of_one_run_does_not_reach_a_contrast_without_it(seed):
    scores = np.random.default_rng(seed).normal(size=(8, 3))
    still = rs.contrasts(scores, [1, -1, 0], run_sd=[0, 0, 9], seed=seed)
    assert still.interval() == rs.contrasts(scores, [1, -1, 0], seed=seed).interval()


# Residuals


designs = st.integers(0, 1000).map(lambda seed: np.random.default_rng(seed).normal(size=(12, 3)))


@quick
@given(designs, arrays(float, 3, elements=numbers))
def test_an_exact_fit_has_no_spread(design, true):
    found = rs.residual_bootstrap(design @ true, design, n_resamples=20)
    assert found.estimate == pytest.approx(true, abs=1e-6)
    assert found.distribution == pytest.approx(np.tile(true, (20, 1)), abs=1e-6)


@quick
@given(designs, st.integers(0, 50))
def test_residuals_scatter_the_coefficients_as_their_standard_errors_say(design, seed):
    design = np.column_stack([np.ones(12), design[:, :2]])
    y = design @ [1, 2, 3] + np.random.default_rng(seed).normal(size=12)
    found = rs.residual_bootstrap(y, design, n_resamples=4000)
    residual = y - design @ found.estimate
    variance = (residual @ residual / 9) * np.linalg.inv(design.T @ design).diagonal()
    assert found.distribution.std(axis=0) == pytest.approx(np.sqrt(variance), rel=0.1)
    assert found.estimate == pytest.approx(np.linalg.lstsq(design, y)[0])


ONES = np.ones((2, 3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rs.mean(ONES, [1, 2]), r"x has shape \(2,\); there are 3 rows"),
        (lambda: rs.mean(ONES, [1, np.nan, 2]), "x is nan in row 1"),
        (lambda: rs.mean(ONES[0], [1, 2, 3]), r"weights must have the shape .* not \(3,\)"),
        (lambda: rs.mean(-ONES, [1, 2, 3]), "must not be negative or missing"),
        (lambda: rs.mean(ONES * np.nan, [1, 2, 3]), "must not be negative or missing"),
        (lambda: rs.quantile(ONES, [1, 2, 3], 2), "q is 2"),
        (lambda: rs.ols(ONES, [1, 2, 3]), "at least one column"),
        (lambda: rs.ols(ONES, [1, 2, 3], [0.1, 0.1, 0.1]), "collinear"),
        (lambda: rs.ols(ONES, [1, 2, 3], [1, 2, 4], [2, 4, 8]), "collinear"),
        (lambda: rs.ols(ONES, [1, 2, np.inf], [1, 2, 4]), "y is inf in row 2"),
        (lambda: rs.ols(ONES, np.ones((3, 3)), [1, 2, 4]), r"y has shape \(3, 3\)"),
        (lambda: rs.ols(ONES, [1, 2, 3], [1, 2, 4], strata=["a"]), "strata has 1 labels"),
        (lambda: rs.bootstrap(share([1, 2]), ["a", "a"]), "there are 1 clusters"),
        (lambda: rs.bootstrap(share([1, 2]), ["a", None]), "clusters has no label in row 1"),
        (lambda: rs.bootstrap(share([1, 2, 3]), ["a", "b"]), r"x has shape \(3,\)"),
        (lambda: rs.bootstrap(lambda w: w.sum(), ["a", "b"]), "the statistic returned shape"),
        (lambda: rs.bootstrap(share([1, 2]), ["a", "b"], n_resamples=0), "n_resamples is 0"),
        (lambda: rs.bootstrap(share([1, 2]), ["a", "b"]).interval(95), "level is 95"),
        (lambda: rs.pair_bootstrap(share([1]), ["a"], ["b", "c"]), r"second has \(2,\)"),
        (lambda: rs.pair_bootstrap(share([1]), ["a"], ["a"]), "there are 1 clusters"),
        (lambda: rs.pair_bootstrap(share([1, 0]), ["a", "b"], ["b", "b"]), "within one cluster"),
        (lambda: rs.subsample(share([1, 2, 3]), [1, 2, 3], 3), "size is 3"),
        (lambda: rs.paired_difference([1, 2], [1], ["a", "b"]), r"second has shape \(1,\)"),
        (lambda: rs.residual_bootstrap([1, 2], ONES), "2 rows do not identify 3 columns"),
        (lambda: rs.residual_bootstrap([1, 2, 3], np.ones((3, 2))), "do not identify"),
        (lambda: rs.residual_bootstrap([1, 2], [1, 2]), "of two dimensions"),
        (lambda: rs.contrasts(ONES, [1, -1]), r"coefficients \(2,\)"),
        (lambda: rs.contrasts(ONES * np.nan, [1, -1, 0]), "must be finite"),
        (lambda: rs.contrasts(ONES[:1], [1, -1, 0]), "there are 1 clusters"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
