"""Resampling: what a resample is, that its result does not depend on the workers, intervals."""

import joblib
import numpy as np
import pandas as pd
import pytest

from scalinglab import laws
from scalinglab.laws import estimators, results
from scalinglab.laws.estimators import starts_of_resample
from tests.laws.simulated import TRUTH, simulate


@pytest.fixture(scope="module")
def fit():
    return laws.fit(laws.Chinchilla(), *simulate(60, seed=0))


def test_a_resample_is_the_fit_to_the_drawn_points(refit):
    boot = refit.bootstrap(3, seed=5)
    for i in range(3):
        rows = np.random.default_rng([5, i]).choice(refit.nobs, refit.nobs)
        direct = refit.refit(rows)
        assert boot.objective[i] == pytest.approx(direct.objective, rel=1e-9)
        assert boot.params.iloc[i].to_dict() == pytest.approx(direct.params, rel=1e-5)


def test_published_standard_errors_and_intervals(refit):
    boot = refit.bootstrap(1000, seed=42)
    assert boot.converged.all()
    assert boot.bse["alpha"] == pytest.approx(0.0154, rel=0.1)
    assert boot.bse["beta"] == pytest.approx(0.0206, rel=0.1)
    assert boot.bse["E"] == pytest.approx(0.0257, rel=0.1)
    low, high = boot.conf_int().loc["E"]
    assert 1.69 < low < boot.fit.params["E"] < high
    bounds = laws.percentile_interval(boot.compute_optimal(5.76e23))
    assert bounds.loc["exponent_N"].tolist() == pytest.approx([0.479, 0.558], abs=0.01)


def test_neither_the_number_of_workers_nor_of_resamples_changes_a_resample(fit, monkeypatch):
    monkeypatch.setattr(results, "POINTS_IN_BLOCK", 600)  # ten resamples a block
    alone = fit.bootstrap(40, seed=1)
    with joblib.parallel_config(backend="threading", n_jobs=2):
        pd.testing.assert_frame_equal(fit.bootstrap(40, seed=1).params, alone.params)
    pd.testing.assert_frame_equal(fit.bootstrap(20, seed=1).params, alone.params.head(20))
    assert not fit.bootstrap(20, seed=2).params.equals(alone.params.head(20))


def test_clusters_are_drawn_whole(fit):
    each_alone = fit.bootstrap(20, seed=3, cluster=np.arange(60))
    pd.testing.assert_frame_equal(each_alone.params, fit.bootstrap(20, seed=3).params)
    labels = np.repeat(["a", "b", "c", "d", "e", "f"], 10)
    clustered = fit.bootstrap(4, seed=3, cluster=labels)
    rows = np.random.default_rng([3, 0]).choice(6, 6)
    drawn = np.concatenate([np.flatnonzero(labels == "abcdef"[k]) for k in rows])
    assert clustered.objective[0] == pytest.approx(fit.refit(drawn).objective, rel=1e-9)


def test_fewer_points_drawn_widen_the_intervals(refit):
    def width(**options):
        return refit.bootstrap(200, seed=0, **options).params["alpha"].std()

    assert width(size=30) > 2 * width()
    assert width(size=100, replace=False) < width(size=100)


def test_predictions_and_splits_follow_the_resamples(fit):
    boot = fit.bootstrap(30, seed=0)
    x = {"N": [1e9, 1e10], "D": [2e10, 2e11]}
    first = boot.params.iloc[0].to_dict()
    assert boot.predict(x).shape == (30, 2)
    assert boot.predict(x)[0] == pytest.approx(
        fit.form.curve(first, {k: np.array(v) for k, v in x.items()})
    )
    split = boot.compute_optimal(1e22)
    assert split["N"][0] * split["D"][0] * 6 == pytest.approx(1e22)
    assert split["exponent_N"][0] == pytest.approx(first["beta"] / (first["alpha"] + first["beta"]))


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    form, covered = laws.Chinchilla(), []
    for seed in range(60):
        fit = laws.fit(form, *simulate(100, seed), objective=laws.LeastSquares())
        bounds = fit.bootstrap(200, seed=seed).conf_int()
        covered.append((bounds["low"] < pd.Series(TRUTH)) & (pd.Series(TRUTH) < bounds["high"]))
    share = pd.DataFrame(covered).mean()
    assert share.between(0.85, 1.0).all(), share  # 0.95 less 3.5 standard errors of 60 trials


@pytest.mark.parametrize("noise", [0.001, 0.005, 0.02])
def test_where_the_objective_is_smooth_no_other_start_finds_a_better_optimum(noise):
    fit = laws.fit(laws.Chinchilla(), *simulate(300, seed=1, noise=noise))
    curved = np.abs(fit.resid) <= fit.method.delta
    extra = starts_of_resample(fit.resid, fit.method, 5, 300, 300)
    assert (extra == 0) == (curved.sum() >= 20)
    boot = fit.bootstrap(40, seed=2)
    for i in range(0, 40, 8):
        rows = np.random.default_rng([2, i]).choice(fit.nobs, fit.nobs)
        assert boot.objective[i] <= fit.refit(rows).objective * (1 + 1e-9)


def test_few_draws_and_rough_objectives_get_more_starts(fit):
    smooth, huber = np.zeros(300), laws.Huber()
    assert starts_of_resample(smooth, huber, 5, 300, 300) == 0
    assert starts_of_resample(smooth, huber, 5, 30, 300) == 8
    assert starts_of_resample(np.full(300, 0.1), huber, 5, 300, 300) == 1
    assert starts_of_resample(smooth, laws.AbsoluteDeviation(), 5, 300, 300) == 1
    assert starts_of_resample(np.full(300, 0.1), laws.LeastSquares(), 5, 300, 300) == 0


def test_the_number_worked_on_side_by_side_changes_nothing(fit, monkeypatch):
    together = fit.bootstrap(20, seed=4)
    monkeypatch.setattr(estimators, "POINTS_AT_ONCE", 60 * 3)
    pd.testing.assert_frame_equal(fit.bootstrap(20, seed=4).params, together.params, rtol=1e-7)
