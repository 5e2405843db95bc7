"""The same bootstrap on a cluster: a scheduler and two workers on the loopback."""

import joblib
import pandas as pd
import pytest

from scalinglab import laws
from scalinglab.laws import results
from tests.laws.simulated import simulate


def test_a_cluster_returns_the_numbers_of_one_process(monkeypatch):
    distributed = pytest.importorskip("distributed", reason="the optional dask is not installed")
    monkeypatch.setattr(results, "POINTS_IN_BLOCK", 600)  # ten resamples a block
    fit = laws.fit(laws.Chinchilla(), *simulate(60, seed=0))
    alone = fit.bootstrap(60, seed=0)
    cluster = distributed.LocalCluster(
        n_workers=2, processes=True, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    )
    with cluster, distributed.Client(cluster) as client, joblib.parallel_config(backend="dask"):
        spread = fit.bootstrap(60, seed=0)
        worked = client.run(lambda dask_worker: dask_worker.state.executed_count)
    pd.testing.assert_frame_equal(spread.params, alone.params, rtol=1e-9)
    assert all(count > 0 for count in worked.values())
