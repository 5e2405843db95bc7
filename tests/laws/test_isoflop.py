import numpy as np
import pytest

from scalinglab import laws
from tests.laws.simulated import TRUTH

BUDGETS = np.geomspace(1e19, 1e22, 7)


def curves(budgets, span=10.0, points=11):
    """IsoFLOP curves around the optimum of the known law: (budget, n, loss)."""
    form = laws.Chinchilla()
    best = form.compute_optimal(TRUTH, budgets)["N"]
    n = best[:, None] * np.geomspace(1 / span, span, points)
    budget = np.broadcast_to(budgets[:, None], n.shape)
    loss = form.curve(TRUTH, {"N": n, "D": budget / (6 * n)})
    return budget.ravel(), n.ravel(), loss.ravel()


def test_optima_and_their_exponent_are_those_of_the_law():
    found = laws.isoflop_optima(*curves(BUDGETS))
    assert found.skipped.empty
    best = laws.Chinchilla().compute_optimal(TRUTH, BUDGETS)
    np.testing.assert_allclose(found.optima["n_star"], best["N"], rtol=0.02)
    np.testing.assert_allclose(found.optima["loss"], best["loss"], rtol=1e-4)
    exponent = laws.loglog(found.optima["budget"], found.optima["n_star"])["exponent"]
    assert exponent == pytest.approx(0.37 / 0.72, abs=1e-3)


def test_budgets_without_an_inner_minimum_are_skipped_and_named():
    budget, n, loss = curves(BUDGETS)
    edge = (budget == BUDGETS[0]) & (n > np.median(n[budget == BUDGETS[0]]))
    few = (budget == BUDGETS[1]) & (n != n[budget == BUDGETS[1]].min())
    keep = ~edge & ~few
    found = laws.isoflop_optima(budget[keep], n[keep], loss[keep])
    assert len(found.optima) == 5
    assert found.skipped["reason"].tolist() == ["minimum at the edge", "fewer than three sizes"]


def test_repeated_sizes_are_averaged():
    budget, n, loss = curves(BUDGETS[:1])
    doubled = (np.tile(v, 2) for v in (budget, n))
    found = laws.isoflop_optima(*doubled, np.concatenate([loss * 1.01, loss / 1.01]))
    once = laws.isoflop_optima(budget, n, loss)
    assert found.optima["n_star"][0] == pytest.approx(once.optima["n_star"][0], rel=1e-3)
    assert found.optima["runs"][0] == 22


def test_weights_count_like_repetitions():
    x, y = [1.0, 2.0, 4.0, 8.0], [1.0, 2.5, 4.0, 9.0]
    repeated = laws.loglog(np.repeat(x, [1, 3, 1, 2]), np.repeat(y, [1, 3, 1, 2]))
    assert laws.loglog(x, y, weights=[1, 3, 1, 2]) == pytest.approx(repeated)
    assert laws.loglog(x, np.square(x)) == pytest.approx({"exponent": 2, "coefficient": 1, "r2": 1})


def test_parabolas_average_over_noise_that_splines_follow():
    budget, n, loss = curves(BUDGETS, span=3.0)
    best = laws.Chinchilla().compute_optimal(TRUTH, BUDGETS)["N"]
    clean = laws.isoflop_optima(budget, n, loss, reading="parabola").optima["n_star"]
    np.testing.assert_allclose(clean, best, rtol=0.1)
    noisy = loss * np.exp(0.002 * np.random.default_rng(0).normal(size=len(loss)))
    miss = {
        reading: np.abs(np.log(optima["n_star"] / best[np.searchsorted(BUDGETS, optima["budget"])]))
        for reading in ("splines", "parabola")
        for optima in [laws.isoflop_optima(budget, n, noisy, reading=reading).optima]
    }
    assert miss["parabola"].mean() < miss["splines"].mean()


def test_a_parabola_needs_four_sizes_and_a_valley():
    found = laws.isoflop_optima(
        [1, 1, 1, 2, 2, 2, 2], [1, 2, 3, 1, 2, 4, 8], [1, 1, 2, 1, 2, 2, 1], reading="parabola"
    )
    assert found.skipped["reason"].tolist() == [
        "fewer than four sizes",
        "the parabola opens downwards",
    ]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: laws.isoflop_optima([1], [1], [1], reading="eye"), "reading is 'eye'"),
        (
            lambda: laws.isoflop_optima([1, 1], [1, -2], [1, 1]),
            "n must be positive, see position 1",
        ),
        (lambda: laws.isoflop_optima([1, 1], [1, 2], [1, np.nan]), "loss must be positive"),
        (lambda: laws.loglog([1, 2], [1, 2, 3]), "have shapes"),
        (lambda: laws.loglog([1, 0], [1, 2]), "must be positive and finite"),
        (lambda: laws.loglog([2, 2], [1, 2]), "at least two distinct x"),
    ],
)
def test_bad_curves_say_why(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_runs_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match="one list of runs"):
        laws.isoflop_optima([1e18, 1e18], [1e7, 2e7, 3e7], [3.0, 2.9, 2.95])
