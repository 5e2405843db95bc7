import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalinglab import checked, claims, resampling

LEDGER = """
claims:
- id: smaller-wins
  chapter: model-size
  kind: empirical-testable
  text: Smaller models win.
  where: {argument: "1, model size", source: excerpt}
  lines:
  - {id: share, statistic: share won, unit: share, supported: low > 0.5, contradicted: high < 0.5}
  - {id: gain, statistic: points, unit: points, supported: low > 0}
  - {id: later, statistic: accuracy, waiting: the experiment}
- id: nobody-knows
  chapter: model-size
  kind: interpretive
  text: Nobody knows.
  where: {argument: "1, model size", source: excerpt}
  untestable: It is a matter of words.
- id: not-yet
  chapter: outlook
  kind: forecast
  text: It will come.
  where: {argument: outlook, source: summary}
"""


@pytest.fixture
def house(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "claims.yml").write_text(LEDGER)
    monkeypatch.setenv("SCALINGLAB_ROOT", str(tmp_path))
    monkeypatch.setenv("SCALINGLAB_MODE", "write")
    return tmp_path


def verdict(claim_id):
    return claims.verdict_of(claims.get(claim_id), claims.verdicts())


def test_a_verdict_follows_from_the_rule(house):
    shown = claims.record("smaller-wins/share", 0.7, 0.6, 0.8, n=90, n_unit="pairs")
    assert repr(shown) == "smaller-wins/share: 70% [60, 80], n = 90 pairs -> supported"
    assert verdict("smaller-wins") == "supported"


def test_lines_that_disagree_make_a_claim_mixed(house):
    claims.record("smaller-wins/share", 0.2, 0.1, 0.3, n=90)
    assert verdict("smaller-wins") == "contradicted"
    claims.record("smaller-wins/gain", 2.0, 1.0, 3.0, n=90)
    assert verdict("smaller-wins") == "mixed"


def test_claims_without_records(house):
    assert verdict("nobody-knows") == "untestable"
    assert verdict("not-yet") == "open"


def test_a_second_record_replaces_the_first(house):
    claims.record("smaller-wins/share", 0.7, 0.6, 0.8, n=90)
    claims.record("smaller-wins/share", 0.2, 0.1, 0.3, n=91)
    assert claims.verdicts()[["estimate", "n"]].values.tolist() == [[0.2, 91]]


def test_verify_mode_refuses_a_moved_record(house, monkeypatch):
    claims.record("smaller-wins/share", 0.7, 0.6, 0.8, n=90, n_unit="pairs")
    monkeypatch.setenv("SCALINGLAB_MODE", "verify")
    claims.record("smaller-wins/share", 0.7, 0.6, 0.8, n=90, n_unit="pairs")
    with pytest.raises(checked.Drift, match="low of row 1 moved"):
        claims.record("smaller-wins/share", 0.7, 0.606, 0.8, n=90, n_unit="pairs")
    with pytest.raises(checked.Drift, match=r"not in data/verdicts\.csv"):
        claims.record("smaller-wins/gain", 2.0, 1.0, 3.0, n=90)


def test_report_mode_only_says_so(house, monkeypatch, capsys):
    claims.record("smaller-wins/share", 0.7, 0.6, 0.8, n=90)
    before = (house / "data" / "verdicts.csv").read_bytes()
    monkeypatch.setenv("SCALINGLAB_MODE", "report")
    claims.record("smaller-wins/share", 0.7, 0.4, 0.8, n=90)
    assert "differs from the published record smaller-wins/share" in capsys.readouterr().out
    assert (house / "data" / "verdicts.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "values", "complaint"),
    [
        ("smaller-win/share", (0.7, 0.6, 0.8), "did you mean.*smaller-wins"),
        ("smaller-wins/shares", (0.7, 0.6, 0.8), "has no line 'shares'; it has share, gain"),
        ("smaller-wins/later", (0.7, 0.6, 0.8), "waits for the experiment"),
        ("smaller-wins/share", (0.9, 0.6, 0.8), "lies outside"),
        ("smaller-wins/share", (float("nan"), 0.6, 0.8), "not a number"),
    ],
)
def test_bad_records_are_refused(house, name, values, complaint):
    with pytest.raises(claims.LedgerError, match=complaint):
        claims.record(name, *values, n=1)
    assert claims.verdicts().empty


def test_a_record_brings_its_interval_and_its_count(house):
    with pytest.raises(claims.LedgerError, match="smaller-wins/share: give low, high and n"):
        claims.record("smaller-wins/share", 0.7, 0.6, 0.8)
    with pytest.raises(claims.LedgerError, match="give low, high and n"):
        claims.record("smaller-wins/share", 0.7, n=3)
    won = resampling.bootstrap(lambda w: resampling.mean(w, [0, 1, 1, 1]), range(4))
    claims.record("smaller-wins/share", won, n_unit="pairs")
    assert claims.verdicts()[["estimate", "n"]].values.tolist() == [[0.75, 4]]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("low > 0.5,", "low is high,", "smaller-wins, line share: rule 'low is high'"),
        ("id: gain", "id: share", "claim smaller-wins has the id share twice"),
        ("id: not-yet", "id: nobody-knows", "the ledger has the id nobody-knows twice"),
        ("kind: forecast", "kind: hope", "claim not-yet: kind 'hope'"),
        ("waiting: the experiment", "unit: x", "line later: no rule and no reason to wait"),
        ("statistic: points,", "statistics: points,", "claim smaller-wins: .*statistics"),
        ("kind: forecast", "kind: forecast\n  proxi: words", "claim not-yet: .*proxi"),
    ],
)
def test_a_broken_ledger_names_the_place(house, old, new, complaint):
    (house / "data" / "claims.yml").write_text(LEDGER.replace(old, new))
    with pytest.raises(claims.LedgerError, match=complaint):
        claims.ledger()


@given(st.lists(st.floats(-10, 10), min_size=3, max_size=3).map(sorted))
def test_a_threshold_rule_is_mixed_only_when_the_interval_holds_the_threshold(values):
    low, estimate, high = values
    line = claims.Line("l", "s", supported="low > 1", contradicted="high < 1")
    expected = "supported" if low > 1 else "contradicted" if high < 1 else "mixed"
    assert line.verdict(estimate, low, high) == expected


def test_the_ledger_of_the_book_reads_and_every_record_has_its_line():
    known = {f"{c.id}/{line.id}" for c in claims.ledger() for line in c.lines if not line.waiting}
    recorded = claims.verdicts()
    assert set(recorded["claim"] + "/" + recorded["line"]) <= known
    assert isinstance(recorded, pd.DataFrame)
    for row in recorded.itertuples():
        line = claims.get(row.claim).line(row.line)
        assert row.verdict == line.verdict(row.estimate, row.low, row.high)
