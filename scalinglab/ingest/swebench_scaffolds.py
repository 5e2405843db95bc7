"""Systems of scaffold and model on the board of verified software issues."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import drop, read_columns

COLUMNS = {
    "leaderboard": "leaderboard",
    "name": "system",
    "date": "submitted",
    "resolved_pct": "resolved_percent",
    "models": "model",
}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``issue_solvers``: systems with one named model, on the verified issues."""
    systems = read_columns(files["leaderboards.csv"], COLUMNS)
    for where, reason in (
        (systems["leaderboard"] != "Verified", "another board"),
        (systems["model"].isna(), "no model is named"),
        (
            systems["model"].fillna("").str.contains("|", regex=False),
            "several models in one system",
        ),
    ):
        systems = drop(systems, where.reindex(systems.index), reason, name="system")
    columns = ["model", "system", "submitted", "resolved_percent"]
    return {"issue_solvers": systems[columns].sort_values(columns)}
