"""ImageNet models with their training compute, data and size."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import read_columns

COLUMNS = {
    "model_name": "model",
    "publication_date": "published",
    "extra_data": "extra_data",
    "top_1_error": "top1_error_percent",
    "final_compute_estimate": "training_flop",
    "nr_training_images": "training_images",
    "parameter_count": "parameters",
}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``imagenet_progress``: one row per published result."""
    models = read_columns(files["imagenet.csv"], COLUMNS)
    for name in ("top1_error_percent", "training_flop", "training_images", "parameters"):
        models[name] = pd.to_numeric(models[name].replace("NA", None))
    models["extra_data"] = models["extra_data"] == 1
    dates = pd.to_datetime(models["published"], format="%m/%d/%Y")
    models["published"] = dates.dt.strftime("%Y-%m-%d")
    return {"imagenet_progress": models.sort_values(["published", "model", "top1_error_percent"])}
