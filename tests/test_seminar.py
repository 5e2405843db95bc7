"""The seminar: every exercise has its solution, every number of a solution is a recorded answer."""

import re
from collections import Counter
from itertools import pairwise

import pytest

from scalinglab import answers, claims
from tests import notebooks
from tests.canaries import spoil_tables
from tests.test_notebooks import typed_numbers

SEMINAR = notebooks.ROOT / "book" / "seminar"
SESSIONS = sorted(SEMINAR.glob("[1-8]-*.md"))
ANSWERS = SEMINAR / "answers.ipynb"
BLOCK = re.compile(r"^```\{(exercise|solution)\} (.+?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
USED = re.compile(r"\{answer\}`([^`]+)`")
QUESTION = re.compile(r"^\(question-(.+)\)=$\n## The question that splits the room$", re.MULTILINE)
ROW = re.compile(r"^\| (\d+) to (\d+) \|", re.MULTILINE)

sessions = pytest.mark.parametrize("page", SESSIONS, ids=lambda page: page.stem)


def text(page):
    return page.read_text(encoding="utf-8")


@sessions
def test_exercises_are_numbered_and_each_is_followed_by_its_solution(page):
    session, blocks = page.stem[0], BLOCK.findall(text(page))
    number = 0
    for (kind, title, body), (follows, target, _) in zip(blocks[::2], blocks[1::2], strict=True):
        assert (kind, follows) == ("exercise", "solution"), title
        assert target == f"exercise-{session}-{number}", title
        assert f":label: {target}\n:nonumber:\n" in body, title
        number += 1
    assert blocks[0][1] == "Sealed prediction"
    assert 4 <= number - 1 <= 6


@sessions
def test_a_session_lasts_110_minutes(page):
    minutes = [(int(start), int(end)) for start, end in ROW.findall(text(page))]
    assert (minutes[0][0], minutes[-1][1]) == (0, 110)
    assert all(end == start for (_, end), (start, _) in pairwise(minutes))


@sessions
def test_a_session_has_its_parts(page):
    headings = re.findall(r"^## (.+)$", text(page), re.MULTILINE)
    assert headings[:3] == ["Goals", "Before the session", "The 110 minutes"]
    assert headings[-2:] == ["The question that splits the room", "Exercises"]
    assert len(headings) == 6
    assert all(f"{side} reading: " in text(page) for side in ("Core", "Counter"))
    assert re.search(r"^Reading time: core about \d+ minutes, counter about \d+", text(page), re.M)
    assert "{slides}`" in text(page)


@sessions
def test_no_number_of_a_solution_is_typed_by_hand(page):
    for kind, title, body in BLOCK.findall(text(page)):
        if kind == "solution":
            assert typed_numbers(USED.sub(" ", body)) == [], title


def test_every_argument_has_one_question_that_splits_the_room():
    labels = Counter(label for page in SESSIONS for label in QUESTION.findall(text(page)))
    written = {page.stem.split("-", 1)[1] for page in notebooks.CHAPTERS}
    assert set(labels) <= {claim.chapter for claim in claims.ledger()}
    assert written <= set(labels)
    assert set(labels.values()) == {1}


def test_the_recorded_answers_are_those_that_the_sessions_print():
    recorded = notebooks.found(notebooks.ANSWER, ANSWERS)
    assert len(recorded) == len(set(recorded))
    assert sorted(recorded) == list(answers.answers()["answer"])
    printed = {name for page in SESSIONS for name in USED.findall(text(page))}
    assert printed == set(recorded)


@sessions
def test_a_session_prints_its_own_answers(page):
    assert {name[0] for name in USED.findall(text(page))} <= {page.stem[0]}


def test_a_changed_table_is_told_by_the_names_of_the_answers(tmp_path, monkeypatch):
    """And of no other answer: the rest of the page repeats what is published."""
    spoil_tables(notebooks.copy_of_the_results(tmp_path), {"sparse_training": ["top1_percent"]})
    monkeypatch.setenv("SCALINGLAB_ROOT", str(tmp_path))
    outputs = [out for c in notebooks.executed(ANSWERS).cells for out in c.get("outputs", [])]
    errors = [out for out in outputs if out.output_type == "error"]
    assert {error.ename for error in errors} == {"Drift"}
    told = [re.match(r"answer (\S+): ", error.evalue)[1] for error in errors]
    assert told == ["2/sparse-equal-steps", "2/sparse-longer"]
