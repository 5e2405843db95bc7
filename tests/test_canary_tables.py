"""A table changed by about 1% turns a chapter that reads it red."""

from tests import notebooks
from tests.canaries import spoil_tables, spoilable


def pytest_generate_tests(metafunc):
    if "spoilt" not in metafunc.fixturenames:
        return
    used = {page: set(notebooks.found(notebooks.LOAD, page)) for page in notebooks.PAGES}
    if metafunc.config.getoption("--every-column"):  # a column no chapter reads yet stays green
        cases = [
            ({name: [column]}, [page for page in notebooks.PAGES if name in used[page]])
            for name in sorted(set.union(set(), *used.values()))
            for column in spoilable(name)
        ]
        ids = [f"{name}.{column}" for spoilt, _ in cases for name, (column,) in spoilt.items()]
    else:
        cases = [({n: spoilable(n) for n in sorted(used[page])}, [page]) for page in used]
        ids = [page.stem for page in used]
    metafunc.parametrize(("spoilt", "readers"), cases, ids=ids)


def test_a_changed_table_turns_a_chapter_red(spoilt, readers, tmp_path, monkeypatch):
    """One of the chapters that read the table must stop, at a drift or before."""
    spoil_tables(notebooks.copy_of_the_results(tmp_path), spoilt)
    monkeypatch.setenv("SCALINGLAB_ROOT", str(tmp_path))
    assert any(notebooks.stops(page) for page in readers)
