"""Eight model sizes, trained on the Pile and on the deduplicated Pile."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import read_columns

LAST_STEP = 143_000
UNITS = {"m": 1e6, "b": 1e9}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``pythia_pile``, accuracy at the end of training."""
    scores = read_columns(
        files["pythia_v1_evals.csv"],
        {
            "size": "size",
            "deduplicated": "is_deduplicated",
            "shot": "shots",
            "task": "task",
            "value": "accuracy_share",
            "step": "step",
            "metric": "metric",
        },
    )
    scores = scores[(scores["step"] == LAST_STEP) & (scores["metric"] == "acc")]
    size = scores.pop("size")
    scores.insert(0, "parameters", size.str[:-1].astype(float) * size.str[-1].map(UNITS))
    scores["is_deduplicated"] = scores["is_deduplicated"] == 1
    scores["shots"] = scores["shots"].map({"zero-shot": 0, "five-shot": 5})
    key = ["parameters", "is_deduplicated", "shots", "task"]
    return {"pythia_pile": scores[[*key, "accuracy_share"]].sort_values(key)}
