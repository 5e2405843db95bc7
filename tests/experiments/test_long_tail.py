import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalinglab.experiments import long_tail

SMALL = long_tail.Config(
    seeds=(0, 1), runs=((64, "zipf"), (64, "equal")), facts=200, key_length=16, steps=640
)


@pytest.fixture(scope="module")
def rows():
    return long_tail.run(SMALL)


def test_common_facts_are_learned_before_rare_ones(rows):
    when = long_tail.when_learned(rows).groupby(["sampling", "tenth"])["reached"].mean()
    assert when["zipf", 10] > 2 * when["zipf", 1]
    assert when["equal", 10] < when["zipf", 10]


def test_where_rank_is_not_frequency_no_tenth_is_first():
    shuffled = long_tail.run(dataclasses.replace(SMALL, shuffle_ranks=True, seeds=(0, 1, 2)))
    when = long_tail.when_learned(shuffled).groupby(["sampling", "tenth"])["reached"].mean()
    assert when["zipf", 10] == pytest.approx(when["zipf", 1], rel=0.5)


def test_presentations_add_up_to_all_that_was_drawn(rows):
    shown = rows.groupby(["sampling", "seed", "step"])["presentations"].sum() * SMALL.facts / 10
    steps = shown.index.get_level_values("step")
    np.testing.assert_allclose(shown, steps * SMALL.batch)


def test_a_shorter_run_is_the_beginning_of_a_longer_one(rows):
    short = long_tail.run(dataclasses.replace(SMALL, steps=160))
    both = short.merge(rows, on=long_tail.SCHEMA.unique, suffixes=("", "_long"))
    assert len(both) == len(short)
    np.testing.assert_allclose(both["accuracy_share"], both["accuracy_share_long"], atol=0.05)


def test_the_same_seed_gives_the_same_result(rows):
    pd.testing.assert_frame_equal(long_tail.run(SMALL), rows)


@given(st.floats(12, 500))
def test_the_step_of_learning_is_found_between_checks(truth):
    steps = long_tail.checked_steps(long_tail.Config(steps=640))
    right = np.clip(0.9 + 0.3 * np.log(steps / truth), 0, 1)
    curve = pd.DataFrame({"step": steps, "accuracy_share": right, "presentations": steps / 2})
    run = curve.assign(width=1, sampling="zipf", tenth=1, seed=0)
    found = long_tail.when_learned(run)
    exact = (right[steps >= truth][0] < 1) and (right[steps < truth][-1] > 0)
    assert found["is_learned"].all()
    assert found["reached"].item() == pytest.approx(truth, rel=1e-6 if exact else 0.42)
    shown = long_tail.when_learned(run, "presentations")["reached"].item()
    assert shown == pytest.approx(found["reached"].item() / 2)


def test_a_tenth_that_is_not_learned_counts_with_the_last_step(rows):
    never = rows.assign(accuracy_share=0.5)
    found = long_tail.when_learned(never)
    assert not found["is_learned"].any()
    np.testing.assert_allclose(found["reached"], SMALL.steps)


def test_the_ledger_of_a_run_made_by_hand():
    """The common half is learned at step 20, the rare one at 40; a tenth of examples are rare."""
    steps = np.array([10, 20, 40, 80])
    frames = [
        pd.DataFrame(
            {
                "step": steps,
                "tenth": tenth,
                "presentations": steps * (1.0 if tenth > 5 else 9.0),
                "accuracy_share": np.where(steps >= (40 if tenth > 5 else 20), 0.9, 0.0),
            }
        )
        for tenth in range(1, 11)
    ]
    rows = pd.concat(frames).assign(width=1, sampling="zipf", seed=0)
    told = long_tail.ledger(rows)
    assert told["waiting_share"].item() == pytest.approx(0.5)
    assert told["rare_examples_share"].item() == pytest.approx(0.1)
