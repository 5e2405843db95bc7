"""Small and large models on random mixtures of the sources of the Pile."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import read_columns

WEIGHT, LOSS = "train_the_pile_", "metric/the_pile_"
SIZES = {
    1e6: ("train_mixture_1m.csv", "train_pile_loss_1m.csv"),
    1e9: ("test_mixture_1B.csv", "test_pile_loss_1B.csv"),
}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``mixture_weights`` and ``mixture_losses``, both long."""
    weights, losses = [], []
    for parameters, (mixture, loss) in SIZES.items():
        weights.append(_long(files[mixture], WEIGHT, "", "weight_share", parameters))
        losses.append(_long(files[loss], LOSS, "_val_loss", "loss_nats", parameters))
    return {"mixture_weights": pd.concat(weights), "mixture_losses": pd.concat(losses)}


def _long(path: Path, before: str, after: str, value: str, parameters: float) -> pd.DataFrame:
    """Return one row per model and source, named without what stands before and after."""
    columns = [c for c in pd.read_csv(path, nrows=0).columns if c.startswith(before)]
    names = {c: c.removeprefix(before).removesuffix(after) for c in columns}
    wide = read_columns(path, {"index": "mixture", **names})
    wide.insert(0, "parameters", parameters)
    key = ["parameters", "mixture"]
    return wide.melt(key, var_name="source", value_name=value).sort_values([*key, "source"])
