"""Old and new recipe on old and new data, at two sizes."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import read_columns

COLUMNS = {
    "new_algorithm": "recipe",
    "size": "size",
    "algorithm": "algorithm",
    "data": "data",
    "gpu_hours_to_threshold": "gpu_hours",
    "censored": "is_censored",
}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``recipe_cells``: one row per new recipe, size and cell of the two by two."""
    cells = read_columns(files["ceg_cells.csv"], COLUMNS)
    cells["data"] = cells["data"].str.extract(r"^(old|new)", expand=False)
    return {"recipe_cells": cells.sort_values(["recipe", "size", "algorithm", "data"])}
