import importlib.util
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from scalinglab import checked, sources, tables
from scalinglab.schemas import SCHEMAS

CHECKOUT = Path(__file__).parents[1]
RESULTS = {"verdicts", "answers"}  # written by the notebooks, not derived from upstream


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A folder with one table and the provenance, to be spoiled."""
    (tmp_path / "data").mkdir()
    for name in ["chinchilla_runs.csv", "sources.yml"]:
        shutil.copy(CHECKOUT / "data" / name, tmp_path / "data" / name)
    monkeypatch.setenv("SCALINGLAB_ROOT", str(tmp_path))
    return tmp_path


def spoil(root: Path, old: str, new: str) -> None:
    path = root / "data" / "chinchilla_runs.csv"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def first_row(root: Path, column: str) -> str:
    """Return the text of the first row from ``column`` on, as it stands in the file."""
    header, row = (root / "data" / "chinchilla_runs.csv").read_text().splitlines()[:2]
    position = header.split(",").index(column)
    return row.split(",")[position]


def test_every_table_has_a_file_a_schema_and_a_source_and_nothing_is_left_over():
    all_sources, entries = sources.read()
    files = {path.stem for path in (CHECKOUT / "data").glob("*.csv")} - RESULTS
    assert files == set(SCHEMAS) == set(entries) == set(tables.names())
    assert {entry.source for entry in entries.values()} == set(all_sources)


@pytest.mark.parametrize("slug", sources.read()[0])
def test_every_source_is_fully_described(slug):
    source = sources.read()[0][slug]
    if source.transcription:
        assert not (source.files or source.repository or source.commit)
    else:
        assert re.fullmatch("[0-9a-f]{40}", source.commit)
        assert source.repository.startswith("https://github.com/")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", source.retrieved)
    assert re.fullmatch(r"none found|[A-Za-z]+-?[\w.-]*( AND [A-Za-z]+-?[\w.-]*)*", source.licence)
    assert source.cautions
    assert all(re.fullmatch("[0-9a-f]{64}", file.sha256) for file in source.files)
    assert source.hosted == (source.extraction is None)
    assert importlib.util.find_spec(f"scalinglab.ingest.{slug.replace('-', '_')}")


def test_every_cited_work_is_in_the_bibliography():
    bibliography = (CHECKOUT / "book" / "references.bib").read_text()
    keys = set(re.findall(r"^@\w+\{([^,]+),", bibliography, re.MULTILINE))
    cited = {key for name in tables.names() for key in tables.cite(name)}
    assert cited <= keys


@pytest.mark.parametrize("name", tables.names())
def test_a_table_loads_in_the_types_of_its_schema(name):
    frame = tables.load(name)
    assert len(frame) > 0
    types = {
        "text": "str",
        "float": "float64",
        "int": "int64",
        "bool": "bool",
        "date": "datetime64[ns]",
    }
    for column, rules in SCHEMAS[name].columns.items():
        assert str(frame[column].dtype) == types[rules.metadata["kind"]]
        assert rules.nullable or frame[column].notna().all()


@pytest.mark.parametrize("name", tables.names())
def test_a_column_said_to_have_missing_values_has_some(name):
    frame = tables.load(name)
    nullable = [column for column, rules in SCHEMAS[name].columns.items() if rules.nullable]
    assert [column for column in nullable if frame[column].notna().all()] == []


@pytest.mark.parametrize("name", tables.names())
def test_a_table_is_stored_in_the_one_way_to_store_it(name):
    stored = (CHECKOUT / "data" / f"{name}.csv").read_bytes().decode()
    assert stored == checked.to_csv(tables.load(name))
    assert "\r" not in stored


@pytest.mark.parametrize("name", tables.names())
def test_the_catalogue_describes_every_column(name):
    info = tables.describe(name)
    assert info.title and info.what
    assert info.rows == len(tables.load(name))
    assert [column.name for column in info.columns] == list(tables.load(name).columns)
    for column in info.columns:
        assert re.fullmatch("[a-z][a-z0-9_]*", column.name)
        assert column.description
    assert info.sources[0].cites == tuple(tables.cite(name))
    assert info.sources[0].licence == tables.licence(name)


def test_loading_gives_a_fresh_copy():
    spoiled = tables.load("chinchilla_runs")
    spoiled["parameters"] = 0
    assert (tables.load("chinchilla_runs")["parameters"] > 0).all()


def test_an_unknown_name_lists_close_ones():
    with pytest.raises(ValueError, match=r"no table 'chinchila'.*chinchilla_runs"):
        tables.load("chinchila")
    for function in [tables.describe, tables.cite, tables.licence]:
        with pytest.raises(ValueError, match="no table"):
            function("nothing")


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("parameters", "-5", r"column parameters, row 1: -5.0 breaks the rule in_range"),
        ("tokens", "many", r"column tokens, row 1: 'many' is not of type float"),
        ("loss_nats", "", r"column loss_nats, row 1: .* breaks the rule not_nullable"),
        ("excluded", "perhaps", r"column excluded, row 1: 'perhaps' breaks the rule isin"),
        ("training_flop", "1e18", r"row 1: breaks the rule that training_flop is 6 N D"),
    ],
)
def test_a_bad_cell_is_named(root, column, value, says):
    cells = (root / "data" / "chinchilla_runs.csv").read_text().splitlines()[1].split(",")
    header = list(SCHEMAS["chinchilla_runs"].columns)
    changed = cells.copy()
    changed[header.index(column)] = value
    spoil(root, ",".join(cells), ",".join(changed))
    with pytest.raises(tables.TableError, match=f"table chinchilla_runs, .*{says}"):
        tables.load("chinchilla_runs")


@pytest.mark.parametrize("column", ["tokens", "loss_nats"])
def test_one_bad_cell_is_told_once(root, column):
    spoil(root, f",{first_row(root, column)},", ",high,")
    with pytest.raises(tables.TableError) as error:
        tables.load("chinchilla_runs")
    assert len(str(error.value).splitlines()) == 1


def test_all_failures_are_told_at_once(root):
    spoil(root, ",False\n", ",no\n")
    spoil(root, f",{first_row(root, 'loss_nats')},", ",99,")
    with pytest.raises(tables.TableError) as error:
        tables.load("chinchilla_runs")
    assert [line.split(":")[0] for line in str(error.value).splitlines()] == [
        "table chinchilla_runs, column loss_nats, row 1",
        "table chinchilla_runs, column excluded, row 1",
    ]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("loss_nats", "loss", "column loss_nats is missing"),
        ("tokens", "words", "column tokens is missing"),
        ("loss_nats", "loss", "column loss is not in the schema"),
        ("parameters,tokens", "tokens,parameters", "is out of order"),
    ],
)
def test_a_changed_header_is_named(root, old, new, says):
    spoil(root, old, new)
    with pytest.raises(tables.TableError, match=says):
        tables.load("chinchilla_runs")


def test_a_repeated_row_is_named(root):
    path = root / "data" / "chinchilla_runs.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines, lines[1]]))
    with pytest.raises(
        tables.TableError, match=r"row 1, 246: no two rows may share parameters, training_flop"
    ):
        tables.load("chinchilla_runs")


def test_long_lists_of_rows_are_cut():
    frame = tables.load("chinchilla_runs").assign(loss_nats=99.0)
    with pytest.raises(tables.TableError, match=r"row 1, 2, 3, 4, 5 and 240 more: 99.0 breaks"):
        tables.validate("chinchilla_runs", frame)


def test_a_missing_file_says_how_to_get_it(root):
    (root / "data" / "chinchilla_runs.csv").unlink()
    with pytest.raises(tables.TableError, match=r"chinchilla_runs.*does not exist; `make data`"):
        tables.load("chinchilla_runs")


def test_a_file_that_is_no_table_is_named(root):
    (root / "data" / "chinchilla_runs.csv").write_text('a,b\n"1,2\n3,4,5,6\n')
    with pytest.raises(tables.TableError, match=r"chinchilla_runs.*not a CSV table"):
        tables.load("chinchilla_runs")
    (root / "data" / "chinchilla_runs.csv").write_text("")
    with pytest.raises(tables.TableError, match=r"chinchilla_runs.*not a CSV table"):
        tables.load("chinchilla_runs")


def test_a_rule_for_whole_rows_sees_a_wrong_mean():
    frame = tables.load("leaderboard_v1")
    frame.loc[3, "average_percent"] += 1
    with pytest.raises(
        tables.TableError,
        match="row 4: breaks the rule that average_percent is the mean of the scores",
    ) as error:
        tables.validate("leaderboard_v1", frame)
    assert len(str(error.value).splitlines()) == 1


def test_dates_are_dates_and_impossible_ones_are_named():
    frame = tables.load("test_task").astype({"released": object})
    frame.loc[0, "released"] = "2023-13-01"
    with pytest.raises(tables.TableError, match=r"column released, row 1: '2023-13-01'"):
        tables.validate("test_task", pd.DataFrame(frame))


@pytest.mark.parametrize(
    ("value", "says"), [(2.5, "breaks the rule whole number"), ("two", "is not of type int")]
)
def test_a_number_that_should_be_whole_is_named(value, says):
    frame = tables.load("cscores").astype({"images": object})
    frame.loc[1, "images"] = value
    with pytest.raises(tables.TableError) as error:
        tables.validate("cscores", frame)
    assert str(error.value) == f"table cscores, column images, row 2: {value!r} {says}"
