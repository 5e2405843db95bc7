"""All networks of one small search space, trained on CIFAR-10 with one recipe."""

import json
from pathlib import Path

import pandas as pd


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``one_recipe_networks``: accuracy over three seeds, size and cost of each network."""
    networks = json.loads(files["nas-bench-macro_cifar10.json"].read_text(encoding="utf-8"))
    rows = [
        {
            "network": f"n{code}",  # a letter, so that no reader takes the code for a number
            "flop": network["flops"],
            "parameters": network["params"],
            **{f"accuracy_{i}_percent": acc for i, acc in enumerate(network["test_acc"], start=1)},
        }
        for code, network in networks.items()
    ]
    return {"one_recipe_networks": pd.DataFrame(rows).sort_values("network")}
