"""Claimed and effective context length of language models."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import read_columns

COLUMNS = {
    "model": "model",
    "size": "size",
    "self_reported": "is_self_reported",
    "claimed_tokens": "claimed_tokens",
    "effective_tokens": "effective_tokens",
    "effective_is_lower_bound": "exceeds",
    "effective_is_upper_bound": "falls_short",
}
SCORES = {f"s{k}k": f"score_{k}k_percent" for k in (4, 8, 16, 32, 64, 128)}
MAKERS = {
    "Jamba": "AI21",
    "Gemini": "Google",
    "Qwen": "Alibaba",
    "EXAONE": "LG",
    "GPT-4": "OpenAI",
    "Llama3.1": "Meta",
    "Mistral": "Mistral",
    "Mixtral": "Mistral",
    "Command-R": "Cohere",
    "GLM": "Zhipu",
    "Phi3": "Microsoft",
}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``context_lengths``: one row per model; models of smaller makers are their own."""
    models = read_columns(files["ruler_table.csv"], COLUMNS | SCORES)
    total = models["size"].str.extract(r"([\d.]+)B$", expand=False)
    models.insert(1, "parameters", pd.to_numeric(total) * 1e9)
    maker = models["model"].copy()
    for start, name in MAKERS.items():
        maker[models["model"].str.startswith(start)] = name
    models.insert(1, "maker", maker.replace(r"^GradientAI.*", "GradientAI", regex=True))
    models["model"] = models["model"] + models["size"].map(" {}".format).where(
        models["size"].notna(), ""
    )
    return {"context_lengths": models.drop(columns="size").sort_values("model")}
