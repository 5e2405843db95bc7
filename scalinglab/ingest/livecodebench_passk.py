"""Pass rates over ten programs per problem, for families of code models in several sizes."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import drop, read_columns

COLUMNS = {
    "model": "model",
    "question_id": "problem",
    "difficulty": "difficulty",
    "pass1_pct": "passed",
}
# Model -> family, parameters. A family is one recipe in at least two sizes.
FAMILIES = {
    "CodeLlama-7b-Base": ("CodeLlama base", 7e9),
    "CodeLlama-13b-Base": ("CodeLlama base", 13e9),
    "CodeLlama-34b-Base": ("CodeLlama base", 34e9),
    "Cllama-7b-Ins": ("CodeLlama instruct", 7e9),
    "Cllama-13b-Ins": ("CodeLlama instruct", 13e9),
    "Cllama-34b-Ins": ("CodeLlama instruct", 34e9),
    "DSCoder-1.3b-Base": ("DeepSeek-Coder base", 1.3e9),
    "DSCoder-6.7b-Base": ("DeepSeek-Coder base", 6.7e9),
    "DSCoder-33b-Base": ("DeepSeek-Coder base", 33e9),
    "DSCoder-1.3b-Ins": ("DeepSeek-Coder instruct", 1.3e9),
    "DSCoder-6.7b-Ins": ("DeepSeek-Coder instruct", 6.7e9),
    "DSCoder-33b-Ins": ("DeepSeek-Coder instruct", 33e9),
    "OC-DS-1.3B": ("OpenCodeInterpreter", 1.3e9),
    "OC-DS-6.7B": ("OpenCodeInterpreter", 6.7e9),
    "OC-DS-33B": ("OpenCodeInterpreter", 33e9),
    "StarCoder2-3b": ("StarCoder2", 3e9),
    "StarCoder2-7b": ("StarCoder2", 7e9),
    "StarCoder2-15b": ("StarCoder2", 15e9),
}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``code_samples``: how many of ten programs pass, by model and problem."""
    cells = read_columns(files["generation_2024-04-17.csv"], COLUMNS)
    alone = ~cells["model"].isin(FAMILIES)
    cells = drop(cells, alone, "no other size of the family", name="model")
    labels = pd.DataFrame.from_dict(FAMILIES, orient="index", columns=["family", "parameters"])
    cells = cells.join(labels, on="model")
    cells["passed"] = (cells["passed"] / 10).round().astype(int)
    columns = ["family", "model", "parameters", "problem", "difficulty", "passed"]
    return {"code_samples": cells[columns].sort_values(["family", "parameters", "problem"])}
