"""Benchmark scores of public base language models."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import drop, read_columns

COLUMNS = {
    "Model": "model",
    "Model Family": "family",
    "Model Size (B)": "parameters",
    "Pretraining Data Size (T)": "tokens",
    "FLOPs (1E21)": "training_flop",
    "MMLU": "mmlu_share",
    "ARC-C": "arc_share",
    "HellaSwag": "hellaswag_share",
    "Winograd": "winogrande_share",
    "TruthfulQA": "truthfulqa_share",
    "GSM8K": "gsm8k_share",
    "XWinograd": "xwinograd_share",
    "HumanEval": "humaneval_share",
}
EMERGENT_COLUMNS = {
    "Model": "model",
    "word_unscrambling_2_exact_match": "unscrambling_share",
    "ipa_transliterate_2_exact_match": "transliteration_share",
    "ipa_transliterate_2_bleu": "transliteration_bleu",
    "parsinlu_qa_2_acc": "persian_qa_share",
    "arithmetic_3da_2_acc": "addition_3_digits_share",
    "arithmetic_3ds_2_acc": "subtraction_3_digits_share",
    "arithmetic_2dm_2_acc": "multiplication_2_digits_share",
}
PROMPTING_COLUMNS = {
    "Model": "model",
    "gsm8k_5_exact_match,flexible-extract": "direct_share",
    "gsm8k_cot_8_exact_match,flexible-extract": "steps_share",
}
VOTING_COLUMNS = {
    "Model": "model",
    "gsm8k_cot_self_consistency_8_exact_match,score-first-flexible-extract": "single_share",
    "gsm8k_cot_self_consistency_8_exact_match,maj@5-flexible-extract": "majority_share",
}
# Upstream says 627 trillion tokens; the model's paper (arXiv 2309.11568) says 627 billion.
UNIT_SLIP = "cerebras/btlm-3b-8k-base"


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``base_models`` (size, tokens, compute, scores) and two tables of more scores."""
    emergent = read_columns(files["base_llm_emergent_capability_eval.csv"], EMERGENT_COLUMNS)
    models = read_columns(files["base_llm_benchmark_eval.csv"], COLUMNS)
    prompting = read_columns(files["base_llm_post_training_eval.csv"], PROMPTING_COLUMNS)
    prompting = drop(
        prompting, prompting.isna().any(axis=1), "not scored with both prompts", name="model"
    )
    votes = read_columns(files["base_llm_post_training_eval.csv"], VOTING_COLUMNS)
    votes = drop(votes, votes.isna().any(axis=1), "not scored with five votes", name="model")
    models["parameters"] *= 1e9
    models["tokens"] *= 1e12
    models["training_flop"] *= 1e21
    slip = (models["model"] == UNIT_SLIP) & (models["tokens"] == 627e12)
    models.loc[slip, ["tokens", "training_flop"]] /= 1e3
    return {
        "base_models": models.sort_values("model"),
        "emergent_tasks": emergent.sort_values("model"),
        "gsm8k_votes": votes.sort_values("model"),
        "gsm8k_prompting": prompting.sort_values("model"),
    }
