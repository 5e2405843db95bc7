"""Image-text models on filtered and unfiltered pools at four scales, test set by test set."""

from pathlib import Path

import numpy as np
import pandas as pd

from scalinglab.ingest import read_columns

SCALES = {"s": 12.8e6, "m": 128e6, "l": 1.28e9, "xl": 12.8e9}  # samples seen
BACKBONES = {"s": "ViT-B-32", "m": "ViT-B-32", "l": "ViT-B-16", "xl": "ViT-L-14"}
TAG = r"(?P<pool>commonpool|datacomp)_(?P<scale>s|m|l|xl)(?:_(?P<filter>clip))?_s\w+_b\w+"
# Training passes over each pair forwards once and backwards at twice the cost.
PASSES = 3


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``image_text_scores``, one row per model and test set."""
    path = files["openclip_results.csv"]
    columns = list(pd.read_csv(path, nrows=0).columns)
    test_sets = columns[columns.index("Average perf. on 38 datasets") + 1 :]
    models = read_columns(
        path,
        {"name": "name", "pretrained": "pretrained", "FLOPs (B)": "gigaflop"}
        | {name: name for name in test_sets},
    )
    tag = models["pretrained"].str.fullmatch(TAG)
    models = models[tag].join(models.loc[tag, "pretrained"].str.extract(TAG))
    models = models[models["name"] == models["scale"].map(BACKBONES)]
    models["filter"] = np.where(models["filter"].isna(), "none", "CLIP score")
    models.loc[models["pool"] == "datacomp", "filter"] = "best of the study"
    samples_seen = models["scale"].map(SCALES)
    models["training_flop"] = PASSES * models["gigaflop"] * 1e9 * samples_seen
    key = ["scale", "filter", "training_flop"]
    long = models[[*key, *test_sets]].melt(key, var_name="dataset", value_name="score_share")
    return {"image_text_scores": long.sort_values(["training_flop", "filter", "dataset"])}
