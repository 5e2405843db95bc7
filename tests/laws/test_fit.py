"""The optimum: against published values, against other optimisers, and under changes of units."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from scalinglab import laws
from scalinglab.laws import estimators
from tests.laws.simulated import TRUTH, simulate

quick = settings(max_examples=15, deadline=None, derandomize=True)


def test_huber_reaches_the_optimum_of_the_published_grid(refit):
    assert refit.objective <= 0.001018274020
    assert refit.converged and refit.identified
    published = {"A": 477.83, "B": 2143.4, "E": 1.8172, "alpha": 0.3473, "beta": 0.3672}
    for name, value in published.items():
        assert refit.params[name] == pytest.approx(value, rel=1e-4), name


def test_absolute_deviation_reproduces_the_published_estimates(chinchilla):
    x, loss, _ = chinchilla
    fit = laws.fit(laws.Chinchilla(), x, loss, objective=laws.AbsoluteDeviation())
    assert fit.params["alpha"] == pytest.approx(0.3478, abs=1e-4)
    assert fit.params["beta"] == pytest.approx(0.3658, abs=1e-4)
    assert fit.params["A"] == pytest.approx(482.01, abs=0.05)
    assert fit.params["B"] == pytest.approx(2085.43, abs=0.05)
    assert fit.params["E"] == pytest.approx(1.8169, abs=1e-4)
    assert fit.objective == pytest.approx(np.abs(fit.resid).sum(), rel=1e-12)


def test_compute_optimal_split_minimises_the_loss(refit):
    best = refit.compute_optimal(5.76e23)
    assert best["exponent_N"] == pytest.approx(0.514, abs=5e-4)
    assert best["tokens_per_parameter"] == pytest.approx(17.9, abs=0.05)
    n = best["N"] * np.geomspace(1 / 1.1, 1.1, 201)
    losses = refit.predict({"N": n, "D": 5.76e23 / (6 * n)})
    assert losses.argmin() == 100
    assert losses.min() == pytest.approx(best["loss"])


def log_sum_exp_huber(theta, x, y, delta=1e-3):
    a, b, e, alpha, beta = theta
    value = np.exp(a - alpha * np.log(x["N"])) + np.exp(b - beta * np.log(x["D"])) + np.exp(e)
    r = np.abs(np.log(value) - np.log(y))
    return np.where(r <= delta, r**2 / 2, delta * (r - delta / 2)).sum()


@quick
@given(st.integers(0, 10**6), st.sampled_from((12, 25, 80)), st.sampled_from((1e-3, 0.02)))
def test_no_direct_search_from_the_truth_finds_a_better_optimum(seed, n, noise):
    x, y = simulate(n, seed, noise)
    fit = laws.fit(laws.Chinchilla(), x, y)
    start = [np.log(TRUTH["A"]), np.log(TRUTH["B"]), np.log(TRUTH["E"]), 0.35, 0.37]
    searched = minimize(
        log_sum_exp_huber, start, (x, y), "Nelder-Mead", options={"maxiter": 4000, "xatol": 1e-9}
    )
    assert fit.converged
    assert fit.objective <= searched.fun * (1 + 1e-6)


@quick
@given(st.integers(0, 10**6), st.floats(1e-3, 1e3))
def test_counting_parameters_in_other_units_changes_a_alone(seed, factor):
    x, y = simulate(60, seed)
    fit = laws.fit(laws.Chinchilla(), x, y)
    scaled = laws.fit(laws.Chinchilla(), {"N": factor * x["N"], "D": x["D"]}, y)
    expected = {**fit.params, "A": fit.params["A"] * factor ** fit.params["alpha"]}
    assert scaled.params == pytest.approx(expected, rel=1e-5)
    assert scaled.objective == pytest.approx(fit.objective, rel=1e-9)


@quick
@given(st.integers(0, 10**6), st.floats(0.3, 3))
def test_stretching_log_n_divides_alpha(seed, stretch):
    x, y = simulate(60, seed)
    fit = laws.fit(laws.Chinchilla(), x, y)
    stretched = laws.fit(laws.Chinchilla(), {"N": x["N"] ** stretch, "D": x["D"]}, y)
    expected = {**fit.params, "alpha": fit.params["alpha"] / stretch}
    assert stretched.params == pytest.approx(expected, rel=1e-5)


@quick
@given(st.integers(0, 10**6), st.floats(1e-2, 1e2))
def test_scaling_the_loss_scales_the_coefficients(seed, factor):
    x, y = simulate(60, seed)
    fit = laws.fit(laws.Chinchilla(), x, y)
    scaled = laws.fit(laws.Chinchilla(), x, factor * y)
    expected = {k: v * (factor if k in "EAB" else 1) for k, v in fit.params.items()}
    assert scaled.params == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    "objective",
    [
        laws.Huber(),
        laws.LeastSquares(),
        laws.AbsoluteDeviation(),
        laws.Huber(delta=1e-3, residual="plain"),
        laws.LeastSquares(residual="plain"),
        laws.AbsoluteDeviation(residual="plain"),
    ],
    ids=repr,
)
def test_every_objective_recovers_an_exact_law(objective):
    x, y = simulate(50, seed=1, noise=0.0)
    fit = laws.fit(laws.Chinchilla(), x, y, objective=objective)
    assert fit.converged
    assert fit.params == pytest.approx(TRUTH, rel=1e-4)


def test_gross_outliers_hardly_move_a_robust_fit():
    x, y = simulate(80, seed=2, noise=0.0)
    y[:8] *= 3
    form = laws.Chinchilla()
    absolute = laws.fit(form, x, y, objective=laws.AbsoluteDeviation())
    assert absolute.params == pytest.approx(TRUTH, rel=1e-4)
    assert laws.fit(form, x, y).params == pytest.approx(TRUTH, rel=0.05)
    squares = laws.fit(form, x, y, objective=laws.LeastSquares())
    assert squares.params != pytest.approx(TRUTH, rel=0.05)


def test_fixed_parameters_stay_and_cost_something(refit, chinchilla):
    x, loss, _ = chinchilla
    held = laws.fit(laws.Chinchilla(E=1.69, beta=0.285), x, loss)
    assert (held.params["E"], held.params["beta"]) == (1.69, 0.285)
    assert held.objective > refit.objective
    again = laws.fit(laws.Chinchilla(E=refit.params["E"]), x, loss)
    assert again.params == pytest.approx(refit.params, rel=1e-6)


def test_a_shared_exponent_is_one_parameter():
    truth = {"E": 1.8, "A": 480.0, "B": 2100.0, "alpha": 0.36}
    form = laws.Chinchilla(shared_exponent=True)
    assert form.free == ("E", "A", "B", "alpha")
    x, _ = simulate(40, seed=3)
    fit = laws.fit(form, x, form.curve(truth, x))
    assert fit.params == pytest.approx(truth, rel=1e-4)
    assert fit.compute_optimal(1e22)["exponent_N"] == pytest.approx(0.5)


def test_starts_replace_the_search():
    x, y = simulate(80, seed=4)
    found = laws.fit(laws.Chinchilla(), x, y)
    assert laws.fit(laws.Chinchilla(), x, y, starts=[TRUTH]).params == pytest.approx(found.params)


def test_a_law_without_a_floor_ends_at_zero_and_says_so():
    x, _ = simulate(60, seed=5)
    y = laws.Chinchilla().curve({**TRUTH, "E": 0.0}, x) * np.exp(0.01 * np.sin(np.arange(60)))
    fit = laws.fit(laws.Chinchilla(), x, y)
    assert fit.converged
    if fit.params["E"] == 0:
        assert "E is zero: the data show no constant term" in fit.doubts
    assert not fit.identified


def test_stop_by_the_iteration_limit_is_reported(monkeypatch):
    x, y = simulate(40, seed=6)
    monkeypatch.setattr(estimators, "MAX_STEPS", 1)
    fit = laws.fit(laws.Chinchilla(), x, y)
    assert not fit.converged
    assert "NOT converged" in fit.summary()
    boot = fit.bootstrap(5)
    assert not boot.converged.any()
    assert "5 stopped by the iteration limit" in boot.summary()


def test_two_sizes_do_not_determine_three_parameters():
    x, _ = simulate(40, seed=7)
    x["N"] = np.where(x["N"] > 1e9, 1e10, 1e8)
    y = laws.Chinchilla().curve(TRUTH, x) * np.exp(0.01 * np.sin(np.arange(40)))
    fit = laws.fit(laws.Chinchilla(), x, y)
    assert not fit.identified
    assert "alpha" in fit.doubts[0] and "too few distinct values" in fit.doubts[0]
    assert "beta" not in fit.doubts[0]
    assert "not identified" in fit.summary()


def test_a_narrow_window_leaves_the_floor_open(refit, chinchilla):
    low = refit.refit(chinchilla[2] <= 2e19)
    assert any(doubt.startswith("E could be half as large") for doubt in low.doubts)


def test_profile_touches_the_optimum_and_rises_around_it(refit):
    best = refit.params["alpha"]
    profile = refit.profile("alpha", [0.8 * best, best, 1.2 * best])
    assert profile.iloc[1] == pytest.approx(refit.objective, rel=1e-9)
    assert (profile.iloc[[0, 2]] > refit.objective * 1.01).all()


def test_a_term_that_bends_to_one_point_is_not_passed_off_as_a_law():
    x = np.geomspace(1e17, 1e24, 25)
    y = 0.3 * np.exp(0.01 * np.random.default_rng(3).normal(size=25))
    fit = laws.fit(laws.PowerLaw(), x, y)
    assert not fit.converged and not fit.identified
    assert "A runs to infinity" in fit.summary()


def test_fewer_distinct_sizes_than_parameters_of_a_curve_say_so():
    x = np.repeat([1e18, 1e20, 1e22], 6)
    y = 1.5 + 3e3 * x**-0.2 * np.exp(0.001 * np.sin(np.arange(18)))
    fit = laws.fit(laws.BrokenPowerLaw(), x, y)
    assert not fit.identified
    assert "too few distinct values" in fit.doubts[0]


def test_few_points_are_searched_from_many_starts():
    assert estimators.starts_worth_polishing(14) > 4 * estimators.starts_worth_polishing(200)
    for seed in range(5):
        x, y = simulate(12, seed)
        found = laws.fit(laws.Chinchilla(), x, y)
        assert found.objective <= laws.fit(laws.Chinchilla(), x, y, starts=[TRUTH]).objective * (
            1 + 1e-6
        )
