"""The other forms, and the derivatives that the polish relies on."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scalinglab import laws
from scalinglab.laws.bound import bind
from tests.laws.simulated import TRUTH, simulate

quick = settings(max_examples=20, deadline=None, derandomize=True)


@quick
@given(
    st.sampled_from(
        [
            laws.Chinchilla(),
            laws.Chinchilla(shared_exponent=True),
            laws.Chinchilla(E=1.5, beta=0.3),
            laws.Chinchilla(A=300.0),
        ]
    ),
    st.booleans(),
    st.integers(0, 10**6),
)
def test_derivatives_of_sums_of_powers_are_exact(form, log, seed):
    x, y = simulate(12, seed)
    bound = bind(form, x, y, log)
    theta = bound.pack({**TRUTH, "E": 1.7})[None]
    outer, second = np.random.default_rng(seed).normal(size=(2, 1, 12))
    at = bound.at(theta)
    jacobian, (hessian, gram) = at.jacobian(), at.second_order(outer, second, outer)
    np.testing.assert_allclose(at.gradient(outer)[0], jacobian[0] @ outer[0], rtol=1e-9)
    h = 1e-6
    for j, step in enumerate(h * np.eye(theta.shape[1])):
        up, down = bound.at(theta + step), bound.at(theta - step)
        np.testing.assert_allclose(jacobian[0, j], (up.value - down.value)[0] / (2 * h), rtol=1e-6)
        slope = ((up.jacobian() - down.jacobian())[0] * second).sum(axis=1) / (2 * h)
        direct = (jacobian[0] * jacobian[0, j] * outer).sum(axis=1)
        np.testing.assert_allclose(gram[0, j], direct, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(hessian[0, j], slope + direct, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize(
    ("form", "params"),
    [
        (laws.Sigmoid(), {"lower": 0.2, "height": 0.7, "slope": -1.3, "midpoint": 0.4}),
        (
            laws.BrokenPowerLaw(width=None),
            {"E": 0.3, "A": 2.0, "alpha": 0.4, "alpha2": 0.9, "xbreak": 3.0, "width": 0.5},
        ),
    ],
)
def test_derivatives_of_curves_are_those_of_the_curve(form, params, log):
    x = np.linspace(0.5, 6, 12)
    bound = bind(form, {"x": x}, form.curve(params, {"x": x}), log)
    theta, h = bound.pack(params)[None], 1e-6
    outer, second = np.random.default_rng(0).normal(size=(2, 1, 12))
    at = bound.at(theta)
    hessian, _ = at.second_order(outer, second, outer)
    for j, step in enumerate(h * np.eye(theta.shape[1])):
        up, down = bound.at(theta + step), bound.at(theta - step)
        numeric = (up.value - down.value)[0] / (2 * h)
        np.testing.assert_allclose(at.jacobian()[0, j], numeric, rtol=1e-6, atol=1e-8)
        slope = (up.gradient(second) - down.gradient(second))[0] / (2 * h)
        slope += (at.jacobian()[0] * at.jacobian()[0, j] * outer).sum(axis=1)
        np.testing.assert_allclose(hessian[0, j], slope, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("truth", [{"E": 1.7, "A": 3e3, "alpha": 0.2}, {"A": 0.3, "alpha": -0.5}])
def test_power_law_falls_to_a_floor_or_rises(truth):
    x = np.geomspace(1e17, 1e24, 25)
    form = laws.PowerLaw(floor="E" in truth)
    fit = laws.fit(form, x, form.curve(truth, {"x": x}))
    assert fit.params == pytest.approx(truth, rel=1e-4)
    assert fit.identified


@quick
@given(st.booleans(), st.floats(-1, 1), st.sampled_from((0.0, 0.01, 0.5)), st.integers(0, 10**6))
def test_power_law_converges_however_large_the_noise_is_against_delta(floor, alpha, noise, seed):
    assume(not floor or abs(alpha) > 0.1)  # a flat power and a floor cannot be told apart
    x = np.geomspace(1e17, 1e24, 25)
    y = 0.3 * x**-alpha * np.exp(noise * np.random.default_rng(seed).normal(size=25))
    fit = laws.fit(laws.PowerLaw(floor=floor), x, y)
    assert fit.converged
    truth = laws.PowerLaw(floor=False).curve({"A": 0.3, "alpha": alpha}, {"x": x})
    at_truth = fit.method.loss(np.log(truth) - np.log(y))[0].sum()
    assert fit.objective <= at_truth * (1 + 1e-6) + 1e-15


@quick
@given(
    st.floats(0, 0.3),
    st.floats(0.2, 0.7),
    st.sampled_from((-3.0, -1.0, 1.0, 3.0)),
    st.floats(-1, 1),
    st.floats(0.1, 1e3),
)
def test_sigmoid_is_recovered_whatever_the_units_of_x(lower, height, slope, midpoint, unit):
    x = np.linspace(-3, 3, 30)
    truth = {"lower": lower, "height": height, "slope": slope / unit, "midpoint": midpoint * unit}
    y = laws.Sigmoid().curve(truth, {"x": unit * x})
    fit = laws.fit(laws.Sigmoid(), unit * x, y, objective=laws.LeastSquares(residual="plain"))
    assert fit.converged
    np.testing.assert_allclose(fit.predict(unit * x), y, atol=1e-4)


def test_sigmoid_needs_no_positive_values():
    y = [0.0, 0.0, 0.1, 0.5, 0.9, 1.0, 1.0]
    objective = laws.LeastSquares(residual="plain")
    assert laws.fit(laws.Sigmoid(), np.arange(-3, 4), y, objective=objective).converged


@pytest.mark.parametrize("width", [0.2, None])
def test_broken_power_law_finds_its_break(width):
    form = laws.BrokenPowerLaw(width=width)
    truth = {"E": 1.5, "A": 4e5, "alpha": 0.3, "alpha2": 0.1, "xbreak": 1e21, "width": 0.2}
    x = np.geomspace(1e18, 1e24, 60)
    fit = laws.fit(form, x, form.curve(truth, {"x": x}))
    assert fit.converged
    assert fit.params == pytest.approx(truth, rel=1e-2)


def test_broken_power_law_has_the_exponents_it_names():
    form = laws.BrokenPowerLaw(floor=False)
    params = {"A": 2.0, "alpha": 0.3, "alpha2": 0.1, "xbreak": 1e6, "width": 0.2}
    for at, exponent in ((1e2, 0.3), (1e10, 0.1)):
        low, high = form.curve(params, {"x": np.array([at, 2 * at])})
        assert np.log(high / low) / np.log(2) == pytest.approx(-exponent, abs=1e-6)


def test_a_new_sum_of_powers_needs_only_its_terms():
    form = laws.SumOfPowers(("E",), ("A", "N", "alpha"), ("B", "D", "beta"), ("C", "U", "gamma"))
    truth = {**TRUTH, "C": 5.0, "gamma": 0.5}
    x, _ = simulate(60, seed=1)
    x["U"] = 10 ** np.random.default_rng(2).uniform(0, 3, 60)
    fit = laws.fit(form, x, form.curve(truth, x))
    assert fit.params == pytest.approx(truth, rel=1e-3)


def test_forms_print_what_they_hold():
    assert repr(laws.Chinchilla(E=1.69)) == "Chinchilla(E=1.69)"
