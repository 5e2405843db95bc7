"""Instruction-tuned models of 2023 and their foundations on MMLU."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import drop, read_columns

COLUMNS = {
    "Model": "model",
    "Foundation": "foundation",
    "Parameters (B)": "parameters",
    "MMLU": "mmlu_percent",
}
BASES = ["LLaMA", "OPT", "T5 XXL LM", "T5 XL LM", "T5 Large LM", "T5 Base LM", "pythia"]
BASES += ["Mosaic-7B"]
# Tuned on collections of tasks with right answers, many close to the tests; the rest on dialogues
# and instructions.
ON_TASKS = r"Flan|TK[- ]Instruct|^T0$|OPT IML"


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``instruct_eval``: one row per tuned model whose foundation was scored as well."""
    models = read_columns(files["problem_solving_leaderboard.csv"], COLUMNS)
    link = models["model"].fillna("").str.extract(r"\]\((.*)\)", expand=False).fillna("")
    models["model"] = models["model"].str.extract(r"^\[?([^\]]*)", expand=False).str.strip()
    key = ["foundation", "parameters"]
    quantised = link.str.contains("4bit|30b-hf", case=False, regex=True)
    quantised &= models["model"].str.contains("Alpaca Lora")
    is_base = models["model"].isin(BASES) & models["mmlu_percent"].notna()
    base = models[is_base].set_index(key)["mmlu_percent"].rename("base_mmlu_percent")
    tuned = drop(models, is_base, "a foundation, in base_mmlu_percent", name="model")
    tuned = drop(tuned, quantised.reindex(tuned.index), "weights of four bits", name="model")
    tuned = tuned.join(base, on=key)
    unpaired = tuned["base_mmlu_percent"].isna() | tuned["mmlu_percent"].isna()
    tuned = drop(tuned, unpaired, "its foundation was not scored", name="model")
    tuned["parameters"] *= 1e9
    tuned["kind"] = "dialogue"
    tuned.loc[tuned["model"].str.contains(ON_TASKS), "kind"] = "tasks"
    return {"instruct_eval": tuned.sort_values(["foundation", "parameters", "model"])}
