"""ImageNet results of ported image models, joined to their cost, family and year."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import drop, read_columns

RESULTS = {"model": "model", "img_size": "image_size", "top1": "top1_percent"}
COSTS = {
    "model": "model",
    "infer_img_size": "image_size",
    "infer_gmacs": "gmacs",
    "infer_samples_per_sec": "images_per_second",
}
LABELS = {
    "arch": "architecture",
    "family": "family",
    "arch_class": "architecture_class",
    "arch_year": "architecture_year",
}
# The labels come from the beginning of the name. Where a name begins like an older design, the
# year of its own publication stands here: pattern of the architecture, year.
YEARS = {
    r"^beit3_|^beitv2_|^poolformerv2_|^flexivit_|^efficientvit_[bl]": 2022,
    r"^naflexvit_": 2023,
    r"^vit_.*_reg\d": 2023,
    r"^vit_.*_rope": 2024,
    r"^vit_so400m_.*siglip": 2023,
    r"^vit_s?relpos_": 2021,
    r"^inception_v4$": 2016,
    r"^dla60_res2ne": 2019,
    r"^resnetv2_.*_bit$": 2019,
    r"^resnext26ts$|^seresnext26ts$|^seresnet33ts$": 2021,
    r"^bat_resnext26ts$": 2020,
}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``imagenet_models``: results without extra training data and without a teacher."""
    comma = {"thousands": ","}
    models = read_columns(files["results-imagenet.csv"], RESULTS, **comma)
    second = read_columns(files["results-imagenetv2-matched-frequency.csv"], RESULTS, **comma)
    models = models.merge(
        second.rename(columns={"top1_percent": "top1_v2_percent"}), on=["model", "image_size"]
    )
    models.insert(0, "architecture", models["model"].str.split(".").str[0])
    models.insert(1, "recipe", models["model"].str.split(".").str[1].fillna("unnamed"))
    costs = read_columns(files["benchmark-infer-amp-nchw-pt291-cu128-4090.csv"], COSTS, **comma)
    costs["architecture"] = costs.pop("model").str.split(".").str[0]
    costs = costs.drop_duplicates(["architecture", "image_size"])
    models = models.merge(costs, on=["architecture", "image_size"], validate="many_to_one")
    models = models.merge(labels(files), on="architecture", validate="many_to_one")
    flags = read_columns(
        files["model_flags.csv"],
        {"model": "model", "extra_data": "extra_data", "distilled": "distilled"},
    )
    models = models.merge(flags, on="model", validate="many_to_one")
    for flag, reason in (
        ("extra_data", "trained on data beyond ImageNet-1k"),
        ("distilled", "trained with a teacher"),
    ):
        models = drop(models, models.pop(flag) == 1, reason, name="architecture")
    is_test = models["architecture"].str.startswith("test_")
    models = drop(models, is_test, "models for testing the library", name="architecture")
    return {
        "imagenet_models": models.drop(columns="model").sort_values(
            ["architecture", "recipe", "image_size"]
        )
    }


def labels(files: dict[str, Path]) -> pd.DataFrame:
    """Return family, class and year of each architecture, the years corrected."""
    table = read_columns(files["arch_family_map.csv"], LABELS)
    table["year_corrected"] = False
    for pattern, year in YEARS.items():
        wrong = table["architecture"].str.contains(pattern) & (table["architecture_year"] != year)
        table.loc[wrong, "year_corrected"] = True
        table.loc[wrong, "architecture_year"] = year
    return table
