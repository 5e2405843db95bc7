"""Records of the race at the size of GPT-2 medium."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import drop, read_columns

COLUMNS = {"track": "track", "record": "record", "minutes": "minutes"}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``speedrun_medium``: one row per record of the second track."""
    records = read_columns(files["records.csv"], COLUMNS)
    other = records["track"] != "track2_medium_open"
    records = drop(records, other, "of the tracks in speedrun_records", name="track")
    return {"speedrun_medium": records.drop(columns="track").sort_values("record")}
