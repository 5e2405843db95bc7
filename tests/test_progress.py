import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalinglab import progress, tables

ROWS = tables.load("language_progress")
LOSS = ROWS["loss_nats"].to_numpy()
ONE = np.ones((1, len(ROWS)))


@pytest.fixture(scope="module")
def designs():
    return progress.design(ROWS)


def test_the_authors_optimiser_stops_where_they_say(designs):
    stopped = progress.early_stop(*designs, LOSS, ONE)
    value = progress.objective(stopped, *designs, LOSS, ONE, progress.PENALTY)
    assert value == pytest.approx(0.05181292650905238, rel=1e-6)
    assert 12 / progress.halvings(stopped) == pytest.approx(8.68, abs=0.01)


def test_their_shares_from_a_network_of_2012_to_gpt_3_are_found_again(designs):
    ends = pd.DataFrame(
        {
            "published": pd.to_datetime(["2012-12-01", "2020-05-28"]),
            "parameters": [6e6, 175e9],
            "dataset_tokens": [929e3, 499e9],
            "benchmark": "wt103",
        }
    )
    a, b = progress.design(ends, ROWS)
    shares = progress.shapley(progress.early_stop(*designs, LOSS, ONE)[0], a, b)
    assert shares == pytest.approx([0.486, 0.324, 0.021, 0.168], abs=0.0006)


@pytest.mark.parametrize("penalty", [0, progress.PENALTY])
def test_the_minimum_lies_below_the_early_stop_and_its_gradient_is_flat(designs, penalty):
    best = progress.minimise(*designs, LOSS, ONE, penalty=penalty)
    value = progress.objective(best, *designs, LOSS, ONE, penalty)
    stopped = progress.early_stop(*designs, LOSS, ONE)
    assert value < progress.objective(stopped, *designs, LOSS, ONE, penalty)
    random = np.random.default_rng(0).normal(scale=1e-3, size=(500, 10))
    around = progress.objective(best + random, *designs, LOSS, ONE, penalty)
    assert around.min() > value - 1e-6


@settings(max_examples=10, deadline=None)
@given(
    st.floats(0.005, 0.04),
    st.floats(0.04, 0.1),
    st.floats(0.01, 0.05),
    st.floats(0.02, 0.06),
)
def test_a_law_without_noise_is_found_again(a_year, a_size, b_year, b_data):
    a, b = progress.design(ROWS)
    truth = np.array([0.9, -0.1, 0.1, a_year, a_size, 0.8, 0.2, -0.1, b_year, b_data])
    found = progress.minimise(a, b, progress.loss(truth, a, b), ONE, penalty=0, steps=1000)
    assert progress.loss(found[0], a, b) == pytest.approx(progress.loss(truth, a, b), abs=1e-2)


@given(st.lists(st.floats(-0.2, 0.2), min_size=10, max_size=10), st.integers(0, 200))
def test_shapley_shares_sum_to_one_and_a_lever_that_does_not_move_has_none(theta, row):
    a, b = progress.design(ROWS)
    theta = np.array(theta)
    other = (row + 17) % len(ROWS)
    a, b = a[[row, other]], b[[row, other]]
    a[1, :3], b[1, :3] = a[0, :3], b[0, :3]  # on one text
    a[1, 4] = a[0, 4]  # of one size
    if abs(np.diff(progress.loss(theta, a, b))) < 1e-6:
        return
    shares = progress.shapley(theta, a, b)
    assert shares.sum() == pytest.approx(1)
    assert shares[0] == pytest.approx(0, abs=1e-9)


def test_a_weight_counts_as_a_repeated_row(designs):
    a, b = designs
    weights = np.where(np.arange(len(ROWS)) < 50, 2.0, 1.0)[None]
    twice = np.r_[np.arange(len(ROWS)), np.arange(50)]
    weighted = progress.minimise(a, b, LOSS, weights, steps=60)
    repeated = progress.minimise(
        a[twice], b[twice], LOSS[twice], np.ones((1, len(twice))), steps=60
    )
    assert weighted == pytest.approx(repeated, abs=1e-4)


def test_halvings_add_the_two_ways():
    theta = np.zeros(10)
    theta[[3, 4, 8, 9]] = 0.05, 0.1, 0.02, 0.04
    assert progress.halvings(theta) == pytest.approx(1 / np.log(2))
    assert progress.months([2.0, 0.0, -1.0]).tolist() == [6.0, np.inf, np.inf]


SHARES = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1)


@given(SHARES)
def test_practice_is_the_better_of_two_scores(scores):
    models = pd.DataFrame(scores, columns=["mmlu_base_share", "mmlu_tuned_share"])
    better = progress.practised(models, "mmlu")
    assert better.tolist() == [max(pair) for pair in scores]
    swapped = models.rename(columns=dict(zip(models, models.columns[::-1], strict=True)))
    assert progress.practised(swapped, "mmlu").equals(better)


def test_a_score_that_is_missing_is_not_replaced_by_the_other():
    models = pd.DataFrame({"mmlu_base_share": [0.4], "mmlu_tuned_share": [np.nan]})
    assert progress.practised(models, "mmlu").isna().all()


@given(st.floats(0.05, 1), st.floats(0.05, 1), st.integers(0, 99))
def test_the_share_of_dates_is_the_part_that_time_was_given(per_decade, per_year, seed):
    rng = np.random.default_rng(seed)
    log_flop, years = rng.uniform(20, 25, 30), np.linspace(2015, 2024, 30)
    score = pd.Series(per_decade * log_flop + per_year * years)
    early, late = years < 2018, years > 2021
    columns = pd.Series(10**log_flop), pd.Series(years)
    share = progress.date_share(score, *columns, early, late)(np.ones((1, 30)))[0]
    time = per_year * (years[late].mean() - years[early].mean())
    compute = per_decade * (log_flop[late].mean() - log_flop[early].mean())
    assert share == pytest.approx(time / (time + compute))
