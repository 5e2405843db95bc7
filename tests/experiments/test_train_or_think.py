import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from scalinglab import experiments
from scalinglab.experiments import _hex, _networks, train_or_think
from tests.experiments.test_networks import compiled_flop

TINY = train_or_think.Config(
    seeds=(0,), snapshots=(1, 24), simulations=(0,), openings=24, games=32, batch=128
)


def test_a_stored_cell_comes_out_again():
    assert len(experiments.quick("train_or_think")) == 4


def test_the_same_seed_gives_the_same_games():
    config = dataclasses.replace(TINY, snapshots=(1, 2))
    pd.testing.assert_frame_equal(*(train_or_think.run(config) for _ in range(2)))


def test_wrong_targets_teach_nothing():
    """Three untrained networks, one trained, one trained with targets of other boards."""
    config = train_or_think.Config(snapshots=(1, 2, 3, 4, 5), simulations=(4,), openings=24)
    contestants = [train_or_think.first_weights(config, seed)[0] for seed in (7, 8, 9)]
    for wrong in (False, True):
        trained = dataclasses.replace(config, shuffled_targets=wrong, snapshots=(32,))
        contestants += train_or_think.train(trained, seed=0)
    games = train_or_think.arena(config, 0, _networks.stacked(contestants))
    elo = train_or_think.ratings(games, config).set_index("snapshot")["elo"]
    untrained = elo[[1, 2, 3]].max()
    assert elo[4] > untrained + 60 and elo[4] > elo[5] + 60
    assert elo[5] < untrained + 60


def test_an_evaluation_costs_what_the_compiler_counts():
    config = train_or_think.Config()
    weights, _ = train_or_think.first_weights(config, 0)
    boards = jnp.zeros((32, 2), jnp.uint32)
    counted = compiled_flop(train_or_think.evaluate, weights, boards) / 32
    told = train_or_think.evaluation_flop(config)
    assert told <= counted < 1.1 * told
    doubled = train_or_think.training_flop(config, [8, 16])
    assert doubled[1] == 2 * doubled[0] == 2 * 8 * 64 * 16 * 20 * told


def chain(*rows):
    return jnp.uint32(sum(1 << (5 * row + 2) for row in rows))


def test_search_finds_the_winning_move_that_the_network_does_not():
    weights, _ = train_or_think.first_weights(train_or_think.Config(), 0)
    boards = jnp.stack([jnp.stack([chain(0, 1, 2, 3), jnp.uint32(0b11 << 20)])])
    boards = jnp.concatenate([boards, jnp.stack([jnp.stack([chain(0, 1, 3, 4), jnp.uint32(1)])])])
    search = jax.jit(train_or_think.search, static_argnums=(3, 4))
    move, policy = search(weights, jax.random.key(0), boards, 64, 0.0)
    _, won = _hex.step(boards, move)
    assert won.all()
    assert (policy.sum(axis=1) == pytest.approx(1)) and (policy[0, 20:22] == 0).all()
    plain, _ = search(weights, jax.random.key(0), boards, 0, 0.0)
    assert not _hex.step(boards, plain)[1].all()


def test_agents_that_are_equal_win_and_lose_alike():
    config = dataclasses.replace(TINY, openings=40)
    weights, _ = train_or_think.first_weights(config, 0)
    games = train_or_think.arena(config, 0, _networks.stacked([weights, weights]))
    assert games["black_share"].nunique() == 1
    assert len(games) == 4 and set(games["games"]) == {40}


@settings(deadline=None)
@given(
    strengths=st.lists(st.floats(-1.5, 1.5), min_size=3, max_size=8),
    start=st.floats(-1, 1),
)
def test_bradley_terry_finds_the_strengths_behind_the_shares(strengths, start):
    s = np.array(strengths) - np.mean(strengths)
    first, second = np.nonzero(~np.eye(len(s), dtype=bool))
    share = expit(s[first] - s[second] + start)
    found = train_or_think.bradley_terry(first, second, np.full(len(first), 1e6), share, len(s))
    np.testing.assert_allclose(found, s, atol=2e-3)


def test_who_never_loses_stays_finite():
    found = train_or_think.bradley_terry([0, 1], [1, 0], [12, 12], [1.0, 0.0], 2)
    assert np.isfinite(found).all() and found[0] > 1


def agents(by_train, by_think, snapshots=range(4, 12)):
    rows = [
        (0, 2.0**t, n, by_train * np.log10(2.0**t) + by_think * np.log10(n))
        for t in snapshots
        for n in (1, 5, 17, 65)
    ]
    return pd.DataFrame(rows, columns=["seed", "training_flop", "evaluations", "elo"])


@settings(deadline=None)
@given(by_train=st.floats(200, 500), by_think=st.floats(50, 200))
def test_both_estimators_find_the_exchange_rate_of_a_plane(by_train, by_think):
    found = train_or_think.exchange(agents(by_train, by_think)).set_index("estimator")
    worth = 65 ** (by_think / by_train)
    assert found["worth"].to_numpy() == pytest.approx([worth, worth], rel=0.02)
    assert found["replaces"]["plane"] == pytest.approx(10 ** (by_train / by_think))
    assert found["elo_per_doubling_of_search"]["plane"] == pytest.approx(by_think * np.log10(2))


def test_the_estimators_part_where_ratings_bend():
    bent = agents(300, 100)
    bent["elo"] = -np.exp(-bent["elo"] / 200)
    found = train_or_think.exchange(bent).set_index("estimator")["worth"]
    true = 65 ** (1 / 3)  # lines of equal rating do not care how ratings are spaced
    assert found["isolines"] == pytest.approx(true, rel=0.03)
    assert abs(np.log(found["plane"] / true)) > 0.1
