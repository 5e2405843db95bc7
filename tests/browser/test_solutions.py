"""Solutions in a browser: closed, opened by keyboard, on paper only if they were opened."""

import pytest

SESSION = "book/seminar/2-model-size.html"


@pytest.fixture
def session(visit):
    """A session page whose first solution was opened by keyboard."""
    page = visit(SESSION)
    first = page.locator("details.solution").first
    assert not first.locator("section").is_visible()
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    return page


def test_a_solution_opens_by_keyboard(session):
    solutions = session.locator("details.solution > section")
    assert solutions.nth(0).is_visible()
    assert not solutions.nth(1).is_visible()


def test_paper_shows_all_exercises_and_the_opened_solution(session):
    session.emulate_media(media="print")
    exercises, solutions = (session.locator(f".{name}") for name in ("exercise", "solution"))
    assert all(exercise.is_visible() for exercise in exercises.all())
    shown = [solution.is_visible() for solution in solutions.all()]
    assert shown == [True, *[False] * (len(shown) - 1)]
