"""The stored results: readable, of the current configuration, and what a run gives today."""

import dataclasses

import joblib
import pandas as pd
import pytest

from scalinglab import checked, experiments
from scalinglab.experiments import _sweep, long_tail

NAMES = [
    "dirty_crawl",
    "long_tail",
    "predict_the_weights",
    "prune_or_start_small",
    "teacher_student_pruning",
]


def test_every_experiment_is_stored_and_nothing_is_left_over():
    stored = {path.stem for path in experiments.folder().glob("*.csv")}
    assert stored == {path.stem for path in experiments.folder().glob("*.yml")}
    assert stored == set(experiments.names()) >= set(NAMES)


@pytest.mark.parametrize("name", experiments.names())
def test_a_stored_result_is_of_the_current_configuration(name):
    rows = experiments.load(name)
    assert len(rows) > 0
    stored = experiments.folder() / f"{name}.csv"
    assert stored.read_text() == checked.to_csv(rows)


@pytest.mark.parametrize("name", experiments.names())
def test_a_quick_run_is_a_part_of_the_full_one(name):
    experiment = experiments.module(name)
    quick, full = experiment.SCALES["quick"], experiment.SCALES["full"]
    known = [str(cell) for cell in experiment.cells(full)]
    assert {str(cell) for cell in experiment.cells(quick)} <= set(known)
    assert set(quick.seeds) <= set(full.seeds)


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_part_is_run_again_and_agrees(name, capsys):
    """Drift would be raised: the tests run in verify mode."""
    fresh = experiments.quick(name)
    assert "agree" in capsys.readouterr().out
    both = fresh.merge(experiments.load(name), on=experiments.module(name).SCHEMA.unique)
    assert len(both) == len(fresh)


def test_a_cluster_returns_the_numbers_of_one_process(tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed", reason="the optional dask is not installed")
    tiny = dataclasses.replace(
        long_tail.Config(), seeds=(0, 1), runs=((16, "zipf"), (16, "equal")), facts=100, steps=80
    )
    monkeypatch.setitem(long_tail.SCALES, "full", tiny)
    monkeypatch.setenv("SCALINGLAB_ROOT", str(tmp_path))
    cluster = distributed.LocalCluster(
        n_workers=2, processes=True, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    )
    with cluster, distributed.Client(cluster), joblib.parallel_config(backend="dask"):
        spread = _sweep.sweep(long_tail, "long_tail")
    pd.testing.assert_frame_equal(spread, long_tail.run(tiny), rtol=1e-6)
