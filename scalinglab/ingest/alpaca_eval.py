"""Win rates of two editions of an automatic test of preference."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import drop, read_columns

COLUMNS = {
    "name": "model",
    "win_rate": "win_rate_percent",
    "length_controlled_winrate": "length_controlled_percent",
    "avg_length": "mean_characters",
}
FILES = {
    1: "alpaca_eval_gpt4_leaderboard.csv",
    2: "weighted_alpaca_eval_gpt4_turbo_leaderboard.csv",
}
IDENTICAL = ["Falcon 7B Instruct", "Falcon 40B Instruct"]


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``preference_win_rates``: one row per edition and system."""
    parts = [
        read_columns(files[name], COLUMNS).assign(edition=edition)
        for edition, name in FILES.items()
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows = drop(
        rows,
        (rows["edition"] == 1) & rows["model"].isin(IDENTICAL),
        "two sizes with one and the same win rate: an upstream error",
        name="model",
    )
    rows = drop(
        rows, rows.duplicated(["edition", "model"]), "a second entry of one system", name="model"
    )
    columns = ["edition", *COLUMNS.values()]
    return {"preference_win_rates": rows[columns].sort_values(["edition", "model"])}
