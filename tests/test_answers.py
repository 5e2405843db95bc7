import numpy as np
import pandas as pd
import pytest

from scalinglab import answers, checked, resampling


@pytest.fixture
def house(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("SCALINGLAB_ROOT", str(tmp_path))
    monkeypatch.setenv("SCALINGLAB_MODE", "write")
    return tmp_path


def test_an_answer_is_kept_and_printed(house):
    shown = answers.record("2/wins", 0.086, 0.031, 0.152, unit="share")
    assert repr(shown) == "2/wins: 8.6% [3.1, 15.2]"
    answers.record("1/budget", 7.2, unit="× 10²³ FLOP")
    answers.record("1/models", np.int64(1240), unit="count")
    assert list(answers.answers()["answer"]) == ["1/budget", "1/models", "2/wins"]
    assert answers.text("2/wins") == "8.6% [3.1, 15.2]"
    assert answers.text("1/budget") == "7.20 × 10²³ FLOP"
    assert answers.text("1/models") == "1,240"


def test_a_result_of_resampling_brings_its_interval(house):
    won = resampling.bootstrap(lambda w: resampling.mean(w, [0, 1, 1, 1]), range(4))
    answers.record("2/won", won, unit="share")
    assert answers.answers()[["estimate", "low", "high"]].values.tolist() == [
        [0.75, *won.interval()]
    ]


def test_a_second_record_replaces_the_first(house):
    answers.record("2/wins", 0.5)
    answers.record("2/wins", 0.6)
    assert answers.answers()["estimate"].tolist() == [0.6]


def test_verify_mode_names_the_answer_that_moved(house, monkeypatch):
    answers.record("2/wins", 0.5, unit="share")
    answers.record("2/months", 3.0, 2.0, 4.0)
    monkeypatch.setenv("SCALINGLAB_MODE", "verify")
    answers.record("2/wins", 0.5, unit="share")
    answers.record("2/months", 3.0, 2.0, 4.0)
    with pytest.raises(checked.Drift, match=r"answer 2/wins: estimate of row 1 moved .* 1\.00%"):
        answers.record("2/wins", 0.505, unit="share")
    with pytest.raises(checked.Drift, match="answer 2/months: high of row 1 moved"):
        answers.record("2/months", 3.0, 2.0, 4.04)
    with pytest.raises(checked.Drift, match="answer 2/months: low of row 1 moved"):
        answers.record("2/months", 3.0)
    with pytest.raises(checked.Drift, match="answer 2/wins: unit of row 1 reads ''"):
        answers.record("2/wins", 0.5)
    with pytest.raises(checked.Drift, match=r"answer 2/new: it is not in data/answers\.csv"):
        answers.record("2/new", 0.5)


def test_report_mode_only_says_so(house, monkeypatch, capsys):
    answers.record("2/wins", 0.5)
    before = (house / "data" / "answers.csv").read_bytes()
    monkeypatch.setenv("SCALINGLAB_MODE", "report")
    answers.record("2/wins", 0.6)
    assert "differs from the published answer 2/wins: estimate" in capsys.readouterr().out
    assert (house / "data" / "answers.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "values", "unit", "complaint"),
    [
        ("wins", (0.5,), "", "answer 'wins' does not read"),
        ("9/wins", (0.5,), "", "answer '9/wins' does not read"),
        ("2/wins", (float("nan"),), "", "not a finite number"),
        ("2/wins", (0.5, 0.1, float("inf")), "", "not a finite number"),
        ("2/wins", (1.5,), "count", "a count of 1.5 is not whole"),
    ],
)
def test_bad_answers_are_refused(house, name, values, unit, complaint):
    with pytest.raises(answers.AnswerError, match=complaint):
        answers.record(name, *values, unit=unit)
    assert answers.answers().empty


def test_an_interval_needs_both_ends(house):
    with pytest.raises(ValueError, match="needs both ends"):
        answers.record("2/wins", 0.5, 0.1)


def test_an_unknown_answer_names_close_ones(house):
    answers.record("2/wins", 0.5)
    with pytest.raises(answers.AnswerError, match=r"no answer '2/win'.* did you mean 2/wins\?"):
        answers.text("2/win")


def test_records_of_one_name_in_two_columns(house, monkeypatch):
    row = pd.DataFrame([["a", "b", 1.0]], columns=["claim", "line", "estimate"])
    checked.keep("record", row, "kept", ["claim", "line"])
    checked.keep("record", row.assign(line="c"), "kept", ["claim", "line"])
    monkeypatch.setenv("SCALINGLAB_MODE", "verify")
    checked.keep("record", row, "kept", ["claim", "line"])
    with pytest.raises(checked.Drift, match="record a/b: estimate"):
        checked.keep("record", row.assign(estimate=1.01), "kept", ["claim", "line"])
