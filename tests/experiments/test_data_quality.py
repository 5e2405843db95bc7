"""The dirty crawl, and the teacher with a student."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from scalinglab.experiments import dirty_crawl, teacher_student_pruning

SMALL = dirty_crawl.Config(
    seeds=(0, 1),
    runs=((32, "raw"), (32, "dedup + keep 50%"), (32, "oracle")),
    distinct=1000,
    copies=1000,
    test_examples=500,
    steps=640,
)
FEW = teacher_student_pruning.Config(
    seeds=(0, 1, 2, 3),
    examples_per_parameter=(1.0, 16.0),
    kept_shares=(0.3,),
    probe_degrees=(0.0, 90.0),
    dimensions=30,
)


@pytest.fixture(scope="module")
def rows():
    return dirty_crawl.run(SMALL)


def test_a_crawl_has_the_shares_it_says():
    config = dirty_crawl.Config()
    crawl = dirty_crawl.crawl(config, seed=0)
    assert len(crawl["y"]) == config.distinct + config.copies
    distinct = dirty_crawl.choose("dedup", crawl, None)
    assert len(np.unique(crawl["x"][distinct], axis=0)) == config.distinct == len(distinct)
    clean = 1 - config.garbage - 0.9 * config.wrong  # a random label is right one time in ten
    assert crawl["is_right"][distinct].mean() == pytest.approx(clean, abs=0.02)
    copies = np.bincount(crawl["origin"])
    assert copies.max() > 100 > np.median(copies)


def test_policies_leave_what_they_say():
    crawl = dirty_crawl.crawl(SMALL, seed=0)
    score = np.random.default_rng(0).random(2000)
    left = {p: dirty_crawl.choose(p, crawl, score) for p in dirty_crawl.POLICIES}
    sizes = {policy: len(rows) for policy, rows in left.items()}
    assert sizes["raw"] == 2000 and sizes["dedup"] == 1000 and sizes["dedup + keep 10%"] == 100
    assert sizes["keep 10%"] == sizes["random 10%"] == 200
    assert crawl["is_right"][left["oracle"]].all()
    assert sizes["oracle"] == crawl["is_right"][left["dedup"]].sum()
    assert score[left["keep 10%"]].min() >= np.sort(score)[-200]


def test_the_cleaner_the_data_the_better(rows):
    last = rows[rows["step"] == 640].groupby("policy")[["accuracy_percent", "right_share"]].mean()
    order = ["raw", "dedup + keep 50%", "oracle"]
    assert last.loc[order, "right_share"].is_monotonic_increasing
    assert last["accuracy_percent"].idxmax() == "oracle"


def test_shuffled_labels_make_all_policies_alike():
    shuffled = dirty_crawl.run(dataclasses.replace(SMALL, shuffle_labels=True))
    last = shuffled[shuffled["step"] == 640].groupby("policy")["accuracy_percent"].mean()
    assert last.between(6, 15).all(), last


def test_the_same_seed_gives_the_same_result(rows):
    pd.testing.assert_frame_equal(dirty_crawl.run(SMALL), rows)


def curves(factor, filter_flop=0.0):
    """Return runs in which cleaning is worth exactly this factor of compute."""
    compute = np.geomspace(1e8, 1e11, 31)
    frames = [
        pd.DataFrame(
            {
                "width": 64,
                "policy": policy,
                "seed": seed,
                "training_flop": compute,
                "filter_flop": paid,
                "accuracy_percent": 10 * np.log10(compute * times) - 60 + seed,
            }
        )
        for policy, times, paid in (("raw", 1, 0.0), ("dedup", factor, filter_flop))
        for seed in range(4)
    ]
    return pd.concat(frames)


@pytest.mark.parametrize("factor", [0.3, 1.0, 4.0])
def test_the_multiplier_of_a_shifted_curve_is_the_shift(factor):
    result = dirty_crawl.multiplier(curves(factor), "dedup", 3e9)
    np.testing.assert_allclose([result.estimate, *result.interval()], factor, rtol=1e-6)


def test_a_filter_is_paid_from_the_budget():
    rows = curves(4.0, filter_flop=1e9)
    assert dirty_crawl.multiplier(rows, "dedup", 2e9).estimate == pytest.approx(2)
    assert dirty_crawl.multiplier(rows, "dedup", 2e9, charged=False).estimate == pytest.approx(4)
    with pytest.raises(ValueError, match="do not pay"):
        dirty_crawl.multiplier(rows, "dedup", 1e9)


def test_out_of_reach_is_endless():
    assert dirty_crawl.multiplier(curves(100.0), "dedup", 3e10).estimate == np.inf
    assert dirty_crawl.multiplier(curves(1e-3), "dedup", 3e9).estimate == 0


@pytest.fixture(scope="module")
def students():
    return teacher_student_pruning.run(FEW)


def error(students, **condition):
    rows = students[np.logical_and.reduce([students[c] == v for c, v in condition.items()])]
    return rows["test_error_percent"].mean()


def test_keep_hard_with_plenty_and_easy_with_little(students):
    for number, best, worst in ((16.0, "hard", "easy"), (1.0, "easy", "hard")):
        at = {"examples_per_parameter": number, "probe_degrees": 0.0}
        assert error(students, policy=best, **at) < error(students, policy=worst, **at)


def test_a_probe_that_knows_nothing_prunes_blindly(students):
    blind = {"examples_per_parameter": 16.0}
    any_ = error(students, policy="random", **blind)
    for policy in ("hard", "easy"):
        assert error(students, policy=policy, probe_degrees=90.0, **blind) == pytest.approx(
            any_, abs=3
        )


def test_shuffled_labels_leave_a_student_at_chance():
    config = dataclasses.replace(FEW, shuffle_labels=True, examples_per_parameter=(1.0,))
    shuffled = teacher_student_pruning.run(config)
    assert shuffled.groupby("policy")["test_error_percent"].mean().between(38, 62).all()


def test_the_student_has_the_largest_margin():
    from sklearn.svm import SVC

    rng = np.random.default_rng(0)
    teacher, x = rng.standard_normal(20), rng.standard_normal((200, 20))
    y = np.sign(x @ teacher)
    machine = SVC(kernel="linear", C=1e8, tol=1e-6).fit(np.r_[x, -x], np.r_[y, -y])
    cosine = machine.coef_[0] @ teacher / np.linalg.norm(machine.coef_) / np.linalg.norm(teacher)
    expected = 100 * np.arccos(cosine) / np.pi
    assert teacher_student_pruning.student_error(x, y, teacher) == pytest.approx(expected, abs=0.01)


def test_examples_that_nothing_separates_are_told():
    x = np.random.default_rng(0).standard_normal((50, 3))
    with pytest.raises(ValueError, match="no direction separates"):
        teacher_student_pruning.student_error(np.r_[x, x], np.r_[np.ones(50), -np.ones(50)], x[0])


def test_the_same_seed_gives_the_same_student(students):
    pd.testing.assert_frame_equal(teacher_student_pruning.run(FEW), students)
