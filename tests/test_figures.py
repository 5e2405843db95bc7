import io

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from scalinglab import checked, figures, resampling


@pytest.fixture
def house(tmp_path, monkeypatch):
    monkeypatch.setenv("SCALINGLAB_ROOT", str(tmp_path))
    monkeypatch.setenv("SCALINGLAB_MODE", "write")
    figures.set_theme()
    yield tmp_path
    plt.close("all")


def draw(scale=1.0, label="loss", title="Loss falls", note="Falcon-180B", extra=False):
    """Draw one figure with every kind of mark that the book uses."""
    fig, (left, right) = plt.subplots(1, 2)
    x = np.logspace(18, 24, 7)
    y = scale * x**-0.05
    left.loglog(x, y, label=label)
    left.fill_between(x, 0.9 * x**-0.05, 1.1 * x**-0.05, alpha=0.2, label="95% interval")
    left.errorbar(x[::3], x[::3] ** -0.05, yerr=0.01, fmt="o", label="runs")
    left.axhline(0.1)
    left.text(1e20, 0.1, note)
    left.set(title=title, xlabel="Training compute (FLOP)", ylabel="Loss")
    if extra:
        left.plot(x, x**-0.06, label="another")
    right.bar(["a", "b"], [1, 2], label="bars")
    right.scatter([0, 1], [1, 2], c=[0.1, 0.9], s=[10, 20], label="sized")
    right.set_title("Bars")
    return fig


def test_everything_drawn_is_in_the_table(house):
    table = figures.values(draw())
    marks = table.groupby("mark").size()
    assert marks["line"] == 7 + 2
    assert marks["points"] == 3 + 2
    assert marks["interval"] == 6
    assert marks["bar"] == 4
    assert marks["tick"] == 2
    loss = table[table["series"] == "loss"]
    np.testing.assert_allclose(loss["y"], np.logspace(18, 24, 7) ** -0.05)
    assert set(table.loc[table["mark"] == "text", "series"]) == {"Falcon-180B"}
    assert table.loc[table["series"] == "bars", "y"].tolist() == [0, 1, 0, 2]
    assert table.loc[table["series"] == "sized", ["value", "size"]].values.tolist() == [
        [0.1, 10],
        [0.9, 20],
    ]


def test_results_of_resampling_are_drawn_with_their_intervals(house):
    result = resampling.bootstrap(lambda w: resampling.mean(w, [0, 1, 1, 0]), range(4))
    fig, axes = plt.subplots()
    figures.draw_intervals(axes, [7], [result], scale=100, label="share")
    table = figures.values(fig).set_index("mark")
    assert table.loc["points", ["x", "y"]].tolist() == [7, 50]
    np.testing.assert_allclose(table.loc["interval", "y"], 100 * np.array(result.interval()))
    assert set(table["series"]) == {"share"}


def test_a_forest_has_one_named_row_a_result_the_first_on_top(house):
    result = resampling.bootstrap(lambda w: resampling.mean(w, [0, 1, 1, 0]), range(4))
    fig, axes = plt.subplots()
    figures.draw_rows(axes, {"one": result, "two": (3.0, 1.0, 9.0)})
    table = figures.values(fig).set_index(["series", "mark"]).sort_index()
    assert table.loc[("one", "points"), ["x", "y"]].to_numpy().ravel().tolist() == [0.5, 0]
    assert table.loc[("two", "points"), ["x", "y"]].to_numpy().ravel().tolist() == [3, 1]
    np.testing.assert_allclose(table.loc[("one", "interval"), "x"], result.interval())
    np.testing.assert_allclose(table.loc[("two", "interval"), "x"], [1, 9])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one", "two"]
    assert axes.yaxis_inverted()


def test_the_length_of_a_reference_line_is_not_data(house):
    fig, axes = plt.subplots()
    axes.axhline(3, label="limit")
    axes.axvline(2, label="cut")
    table = figures.values(fig).set_index("series")
    assert table.loc["limit", "y"].tolist() == [3, 3]
    assert table.loc["limit", "x"].isna().all()
    assert table.loc["cut", "y"].isna().all()


def test_dates_are_written_as_dates(house):
    fig, axes = plt.subplots()
    axes.plot(pd.to_datetime(["2024-01-31", "2024-06-01"]), [1, 2])
    assert figures.values(fig)["date"].tolist() == ["2024-01-31", "2024-06-01"]


def test_a_published_figure_is_deterministic_and_small(house):
    shown = figures.publish(draw(), "loss-falls")
    svg = (house / "figures" / "loss-falls.svg").read_bytes()
    csv = (house / "figures" / "loss-falls.csv").read_bytes()
    again = figures.publish(draw(), "loss-falls")
    assert (house / "figures" / "loss-falls.svg").read_bytes() == svg
    assert (house / "figures" / "loss-falls.csv").read_bytes() == csv
    assert repr(again) == repr(shown) == "<figure loss-falls: 7 series, 41 values, regenerated>"
    image = Image.open(io.BytesIO(shown._repr_png_()))
    assert image.mode == "P"
    assert image.width == pytest.approx(2 * 520, rel=0.02)
    assert b"<dc:date>" not in svg


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"scale": 1.01}, "y of line 'loss' .* a change of 1.00%"),
        ({"label": "losses"}, "line 'loss(es)?' is (missing|new)"),
        ({"title": "Loss rises"}, "is (missing|new)"),
        ({"note": "BLOOM-176B"}, "text '(Falcon-180B|BLOOM-176B)' is (missing|new)"),
        ({"extra": True}, "line 'another' is new"),
    ],
)
def test_verify_mode_refuses_a_moved_figure(house, monkeypatch, change, complaint):
    figures.publish(draw(), "loss-falls")
    monkeypatch.setenv("SCALINGLAB_MODE", "verify")
    figures.publish(draw(), "loss-falls")
    with pytest.raises(checked.Drift, match=f"figure loss-falls: .*{complaint}"):
        figures.publish(draw(**change), "loss-falls")


def test_verify_mode_refuses_a_missing_series(house, monkeypatch):
    figures.publish(draw(extra=True), "loss-falls")
    monkeypatch.setenv("SCALINGLAB_MODE", "verify")
    with pytest.raises(checked.Drift, match="line 'another' is missing"):
        figures.publish(draw(), "loss-falls")


def test_report_mode_only_says_how_far_it_moved(house, monkeypatch, capsys):
    figures.publish(draw(), "loss-falls")
    before = (house / "figures" / "loss-falls.csv").read_bytes()
    monkeypatch.setenv("SCALINGLAB_MODE", "report")
    figures.publish(draw(1.03), "loss-falls")
    assert "differs from the published figure loss-falls" in capsys.readouterr().out
    assert (house / "figures" / "loss-falls.csv").read_bytes() == before


def test_an_unpublished_figure(house, monkeypatch, capsys):
    monkeypatch.setenv("SCALINGLAB_MODE", "report")
    figures.publish(draw(), "never-seen")
    assert "has not been published" in capsys.readouterr().out
    monkeypatch.setenv("SCALINGLAB_MODE", "verify")
    with pytest.raises(checked.Drift, match="has not been published"):
        figures.publish(draw(), "never-seen")


@pytest.mark.parametrize("bad", ["Loss", "loss_falls", "", "loss falls", "../loss"])
def test_a_bad_id_is_refused(house, bad):
    with pytest.raises(ValueError, match="hyphens"):
        figures.publish(draw(), bad)


def test_an_empty_figure_is_refused(house):
    with pytest.raises(ValueError, match="draws nothing"):
        figures.publish(plt.figure(), "empty")
