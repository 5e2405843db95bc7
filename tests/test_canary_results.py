"""One changed value of a published figure, record or answer turns its chapter red."""

import pytest

from tests import canaries, notebooks

pages = pytest.mark.parametrize("page", notebooks.PAGES, ids=lambda page: page.stem)


@pages
def test_every_figure_and_record_notices_one_changed_value(page, tmp_path, monkeypatch):
    canaries.spoil_published_values(notebooks.copy_of_the_results(tmp_path))
    monkeypatch.setenv("SCALINGLAB_ROOT", str(tmp_path))
    expected = {
        position
        for position, cell in enumerate(notebooks.code(page))
        if any(kept.search(cell.source) for kept in notebooks.KEPT)
    }
    assert notebooks.errors(page) == dict.fromkeys(expected, "Drift")
