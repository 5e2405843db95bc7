"""The runner and the stored results, on an experiment that takes no time."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from scalinglab import checked, experiments
from scalinglab.experiments import __main__ as command
from scalinglab.experiments import _sweep
from tests.experiments import toy


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("SCALINGLAB_ROOT", str(tmp_path))
    toy.CALLS.clear()
    return tmp_path


def sweep():
    return _sweep.sweep(toy, "toy", jobs=1)


def finished(root):
    return sorted((root / "data/experiments/.cells/toy").glob("*.json"))


def change(monkeypatch, **settings):
    full = dataclasses.replace(toy.SCALES["full"], **settings)
    monkeypatch.setitem(toy.SCALES, "full", full)


def test_a_sweep_is_stored_with_what_made_it_and_read_back(root):
    rows = sweep()
    pd.testing.assert_frame_equal(rows, toy.run(toy.SCALES["full"]), rtol=1e-9)
    stored = root / "data/experiments/toy.csv"
    assert stored.read_text() == checked.to_csv(experiments.read(toy, "toy"))
    told = stored.with_suffix(".yml").read_text()
    assert all(word in told for word in ("seeds", "jax", "numpy", "seconds", "sha256"))


def test_a_sweep_goes_on_where_it_was_interrupted(root, monkeypatch):
    whole, run_cell = sweep(), toy.run_cell
    for path in finished(root):
        path.unlink()

    def interrupted(config, width):
        if width == 3:
            raise KeyboardInterrupt
        return run_cell(config, width)

    monkeypatch.setattr(toy, "run_cell", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sweep()
    assert len(finished(root)) == 2
    monkeypatch.setattr(toy, "run_cell", run_cell)
    toy.CALLS.clear()
    pd.testing.assert_frame_equal(sweep(), whole)
    assert toy.CALLS == [3]


def test_a_failing_cell_is_named_and_the_finished_ones_are_kept(root, monkeypatch):
    def fails(config, width):
        if width == 2:
            raise FloatingPointError("the loss is not finite")
        return pd.DataFrame({"width": width, "seed": config.seeds, "score": 1.0})

    monkeypatch.setattr(toy, "run_cell", fails)
    with pytest.raises(experiments.ExperimentError, match=r"'width': 2.*loss is not finite"):
        sweep()
    assert len(finished(root)) == 1
    assert not (root / "data/experiments/toy.csv").exists()


def test_an_unreadable_part_is_named(root):
    sweep()
    finished(root)[0].write_text("{")
    with pytest.raises(experiments.ExperimentError, match=r"json is not a finished cell.*remove"):
        sweep()


def test_a_changed_configuration_is_told_and_begins_anew(root, monkeypatch):
    sweep()
    old = finished(root)
    change(monkeypatch, widths=(1, 2))
    with pytest.raises(experiments.ExperimentError, match=r"widths was .*`make experiments`"):
        experiments.read(toy, "toy")
    toy.CALLS.clear()
    sweep()
    assert toy.CALLS == [1, 2]
    assert not set(old) & set(finished(root))


def test_a_changed_module_is_not_mixed_with_finished_cells(root, monkeypatch):
    sweep()
    source = _sweep.inspect.getsource(toy)
    monkeypatch.setattr(_sweep.inspect, "getsource", lambda module: source + "# changed")
    toy.CALLS.clear()
    sweep()
    assert toy.CALLS == [1, 2, 3]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda csv: csv.unlink(), "does not exist; `make experiments`"),
        (lambda csv: csv.with_suffix(".yml").unlink(), "does not exist; `make experiments`"),
        (lambda csv: csv.with_suffix(".yml").write_text("{"), "toy.yml cannot be read"),
        (lambda csv: csv.write_text(csv.read_text() + "9,9,9\n"), "is not the file that toy.yml"),
    ],
)
def test_a_stale_or_spoilt_result_is_an_error(root, spoil, says):
    sweep()
    spoil(root / "data/experiments/toy.csv")
    with pytest.raises(experiments.ExperimentError, match=says):
        experiments.read(toy, "toy")


def agreement(fresh, stored=None):
    stored = toy.run(toy.SCALES["full"]) if stored is None else stored
    return experiments.agreement(stored, fresh, ["width"], toy.MEASURES)


def test_a_part_of_the_seeds_agrees_with_all_of_them():
    assert agreement(toy.run(toy.SCALES["quick"])).startswith("1 means agree")


def test_other_seeds_of_the_same_experiment_agree():
    others = toy.Config(seeds=tuple(range(100, 104)))
    assert agreement(toy.run(others)).startswith("3 means agree")


def test_a_moved_mean_is_told_and_stops_a_check(monkeypatch):
    fresh = toy.run(toy.SCALES["quick"])
    fresh["score"] += 15
    with pytest.raises(checked.Drift, match="score at width 2"):
        agreement(fresh)
    monkeypatch.setenv("SCALINGLAB_MODE", "report")
    assert "disagrees with the stored result" in agreement(fresh)


def test_a_lost_value_is_a_moved_mean():
    fresh = toy.run(toy.SCALES["quick"])
    fresh["score"] = np.nan
    with pytest.raises(checked.Drift):
        agreement(fresh)


def test_a_condition_that_is_not_stored_is_told():
    fresh = toy.run(toy.SCALES["quick"]).assign(width=7)
    with pytest.raises(checked.Drift, match="no condition width 7"):
        agreement(fresh)


def test_without_the_packages_a_quick_run_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(experiments, "module", lambda name: toy)
    monkeypatch.setattr(experiments, "NEEDED", ("jax", "not_there"))
    assert "needs not_there" in experiments.quick("toy")
    assert "`make book` installs" in capsys.readouterr().out


def test_a_quick_run_is_held_to_the_stored_result(monkeypatch, capsys):
    sweep()
    monkeypatch.setattr(experiments, "module", lambda name: toy)
    assert len(experiments.quick("toy")) == 2
    assert "1 means agree" in capsys.readouterr().out


def test_reading_needs_no_jax():
    blocked = "import sys; sys.modules['jax'] = None; sys.modules['optax'] = None; "
    uses = "from scalinglab import experiments as e; [e.module(n).SCALES for n in e.names()]"
    subprocess.run([sys.executable, "-c", blocked + uses], check=True)


def test_unknown_names_and_addresses_are_told(capsys):
    assert command.main(["prune_or_start_smal"]) == 1
    assert "there is no experiment 'prune_or_start_smal'" in capsys.readouterr().err
    pytest.importorskip("distributed", reason="the optional dask is not installed")
    with pytest.raises(SystemExit):
        command.main(["--dask"])


def test_the_mean_over_seeds_has_the_interval_of_student():
    result = experiments.over_seeds([1.0, 2.0, 3.0])
    assert result.estimate == 2 and result.n == 3
    np.testing.assert_allclose(result.interval(), 2 + np.array([-1, 1]) * 4.30265273 / 3**0.5)
    for values in ([1.0], [1.0, np.nan], [[1.0, 2.0]]):
        with pytest.raises(ValueError, match="one per seed"):
            experiments.over_seeds(values)


def test_the_geometric_mean_of_factors():
    result = experiments.over_seeds([1.0, 2.0, 4.0], geometric=True)
    plain = experiments.over_seeds(np.log([1.0, 2.0, 4.0]))
    assert result.estimate == pytest.approx(2)
    np.testing.assert_allclose(result.interval(), np.exp(plain.interval()))
    with pytest.raises(ValueError, match="positive"):
        experiments.over_seeds([0.0, 1.0], geometric=True)


def test_a_gap_is_paired_by_seed():
    rows = toy.run(toy.SCALES["full"])
    result = experiments.gap(rows, "score", {"width": 3}, {"width": 1})
    scores = rows.pivot(index="seed", columns="width", values="score")
    np.testing.assert_allclose(result.values, scores[3] - scores[1])


def test_a_quick_run_takes_other_settings(monkeypatch, capsys):
    sweep()
    monkeypatch.setattr(experiments, "module", lambda name: toy)
    assert set(experiments.quick("toy", widths=(1, 3))["width"]) == {1, 3}
    assert "2 means agree" in capsys.readouterr().out


def test_one_condition_is_one_number_per_seed():
    rows = toy.run(toy.SCALES["full"])
    assert list(experiments.by_seed(rows, "score", width=2).index) == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="12 rows of 4 seeds"):
        experiments.by_seed(rows.assign(kind="a"), "score", kind="a")
    with pytest.raises(ValueError, match="0 rows"):
        experiments.by_seed(rows, "score", width=9)


def test_finished_cells_hold_plain_values(root):
    sweep()
    part = json.loads(finished(root)[0].read_text())
    assert set(part) == {"cell", "seconds", "rows"}
