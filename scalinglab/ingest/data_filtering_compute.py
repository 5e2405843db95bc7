"""How strict a filter pays at which length of training: values behind one figure."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import read_columns


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``filter_strength``, one row per filter, share kept and samples seen."""
    runs = read_columns(
        files["pareto_filtering.csv"],
        {
            "filter": "filter",
            "kept_percent": "kept_percent",
            "samples_seen": "samples_seen",
            "imagenet_zeroshot_acc": "imagenet_percent",
        },
    )
    return {"filter_strength": runs.sort_values(["filter", "kept_percent", "samples_seen"])}
