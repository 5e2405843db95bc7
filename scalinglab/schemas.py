"""What every table must hold: one schema per table, one entry per column, with its unit.

The kinds of column stand first; a description says what a missing value means wherever a column
may have one.
"""

import pandas as pd
import pandera.pandas as pa

POSITIVE = pa.Check.gt(0)
WHOLE = pa.Check(lambda s: pd.to_numeric(s, errors="coerce") % 1 == 0, name="whole number")
PRECISIONS = ["float16", "bfloat16", "8bit", "4bit", "GPTQ"]
MODEL_TYPES = [
    "pretrained",
    "continuously pretrained",
    "fine-tuned",
    "chat",
    "merge",
    "multimodal",
    "other",
]
LADDER_TASKS = [
    "mmlu",
    "hellaswag",
    "arc_challenge",
    "arc_easy",
    "piqa",
    "csqa",
    "socialiqa",
    "openbookqa",
]
BACKBONES = ["ViT-B-16", "ViT-B-32", "ViT-L-14", "ViT-H-14", "ViT-g-14", "ViT-bigG-14"]


def text(description: str, *, allowed: list[str] | None = None, nullable: bool = False):
    """Return a column of text, from a closed list where one is given."""
    checks = [pa.Check.isin(allowed)] if allowed else [pa.Check.str_matches(r"\S")]
    return pa.Column(
        str,
        checks,
        nullable=nullable,
        coerce=True,
        description=description,
        metadata={"kind": "text", "unit": ""},
    )


def number(description: str, unit: str, *checks: pa.Check, nullable: bool = False):
    """Return a column of real numbers; by default they are positive."""
    return pa.Column(
        float,
        list(checks or [POSITIVE]),
        nullable=nullable,
        coerce=True,
        description=description,
        metadata={"kind": "float", "unit": unit},
    )


def share(description: str, *, nullable: bool = False):
    """Return a column of shares from 0 to 1."""
    return number(description, "share", pa.Check.in_range(0, 1), nullable=nullable)


def percent(description: str, *, nullable: bool = False):
    """Return a column of percentages from 0 to 100."""
    return number(description, "%", pa.Check.in_range(0, 100), nullable=nullable)


def flag(description: str):
    """Return a column of True and False."""
    return pa.Column(
        bool,
        pa.Check.isin([True, False]),
        description=description,
        metadata={"kind": "bool", "unit": ""},
    )


def date(description: str, *, since: str = "1940-01-01", nullable: bool = False):
    """Return a column of days."""
    return pa.Column(
        "datetime64[ns]",
        pa.Check.in_range(since, "2026-12-31"),
        nullable=nullable,
        coerce=True,
        description=description,
        metadata={"kind": "date", "unit": "date"},
    )


def whole(description: str, unit: str, *checks: pa.Check):
    """Return a column of whole numbers; by default they are positive."""
    return pa.Column(
        int,  # not coerced, because coercion cuts fractions off
        [WHOLE, *(checks or [POSITIVE])],
        description=description,
        metadata={"kind": "int", "unit": unit},
    )


def table(columns: dict[str, pa.Column], *rules: pa.Check, key: list[str]):
    """Return a schema of exactly these columns, in this order; no two rows share the key.

    ``rules`` are checks of the whole table.
    """
    return pa.DataFrameSchema(columns, checks=list(rules), strict=True, ordered=True, unique=key)


def parameters(description: str = "size of the model, N", *, nullable: bool = False):
    """Return a column of model sizes, from a thousand to a hundred trillion parameters."""
    return number(description, "parameters", pa.Check.in_range(1e3, 1e14), nullable=nullable)


def language_run():
    """Return the columns of one language model trained to its end."""
    return {
        "architecture": text("kind of network", allowed=["Transformer", "xLSTM"]),
        "parameters": parameters(),
        "tokens": number("training tokens, D", "tokens"),
        "training_flop": number("training compute, counted by the authors", "FLOP"),
        "loss_nats": number("validation loss", "nats per token", pa.Check.in_range(1, 12)),
    }


def six_n_d(frame):
    """Training compute is 6 N D, to within one per cent, wherever it is known."""
    ratio = frame["training_flop"] / (6 * frame["parameters"] * frame["tokens"])
    return ratio.isna() | ratio.between(0.99, 1.01)


def mean_of(average: str, *scores: str):
    """Return a rule: the average is the mean of the scores, to 0.02 points."""
    return pa.Check(
        lambda frame: (frame[list(scores)].mean(axis=1) - frame[average]).abs() < 0.02,
        name=f"{average} is the mean of the scores",
    )


def ladder_run():
    """Return the columns that name a run of the ladder."""
    return {
        "run": text("run, named by size and multiple of the Chinchilla budget"),
        "parameters": parameters("parameters without embeddings"),
        "tokens": number("tokens seen", "tokens"),
        "training_flop": number("compute so far", "FLOP"),
        "c4_loss_nats": number("loss on C4", "nats per token", pa.Check.in_range(1.5, 12)),
    }


def ladder_scores():
    """Return the columns of the eight tasks of the ladder: bits per byte, then accuracy."""
    bits = {
        f"{task}_bits_per_byte": number(
            f"bits per byte of the right answer, {task}", "bits per byte"
        )
        for task in LADDER_TASKS
    }
    accuracy = {
        f"{task}_share": share(f"accuracy in completion form, {task}") for task in LADDER_TASKS
    }
    return bits | accuracy


def overtraining_run():
    """Return the columns that name an over-trained run."""
    return {
        "corpus": text("training corpus", allowed=["C4", "RedPajama", "RefinedWeb"]),
        "parameters": parameters(),
        "tokens": number("training tokens, D", "tokens"),
        "training_flop": number("training compute, 6 N D", "FLOP"),
    }


def porian_setting():
    """Return the columns that name a setting of the corrections."""
    return {
        "correction": text(
            "correction of the experiment, each on top of those before",
            allowed=[
                "Kaplan reproduced",
                "Kaplan, tuned optimiser",
                "last layer counted",
                "short warmup",
                "cosine decay",
                "tuned optimiser",
            ],
        ),
        "attention_counted": flag("whether the compute of attention is counted"),
    }


def dclm_score():
    """Return the columns of one task of the 22 that CORE averages, for one run."""
    return {"task": text("task, see dclm_tasks"), "accuracy_share": share("accuracy")}


def mixture():
    """Return the columns that name a model trained on a random mixture."""
    return {
        "parameters": parameters(),
        "mixture": whole("number of the mixture among models of that size", "", pa.Check.ge(0)),
        "source": text("source of text"),
    }


SIX_N_D = pa.Check(six_n_d, name="training_flop is 6 N D")


SCHEMAS = {
    "base_models": table(
        {
            "model": text("Hugging Face id"),
            "family": text("model family; the unit to resample"),
            "parameters": parameters("total parameters, N"),
            "tokens": number("training tokens, D; empty where unknown", "tokens", nullable=True),
            "training_flop": number(
                "training compute, 6 N D; empty where the tokens are unknown",
                "FLOP",
                pa.Check.in_range(1e18, 1e26),
                nullable=True,
            ),
            "mmlu_share": share("MMLU, 5-shot"),
            "arc_share": share("ARC-Challenge, 25-shot", nullable=True),
            "hellaswag_share": share("HellaSwag, 10-shot"),
            "winogrande_share": share("Winogrande, 5-shot"),
            "truthfulqa_share": share("TruthfulQA"),
            "gsm8k_share": share("GSM8K, 5-shot"),
            "xwinograd_share": share("XWinograd", nullable=True),
            "humaneval_share": share("HumanEval", nullable=True),
        },
        SIX_N_D,
        key=["model"],
    ),
    "chinchilla_runs": table(
        {
            "parameters": parameters(),
            "tokens": number("training tokens, D = C / (6 N)", "tokens"),
            "training_flop": number("training compute, C", "FLOP"),
            "loss_nats": number(
                "final training loss, read from the colour of the marker",
                "nats per token",
                pa.Check.in_range(1.5, 6),
            ),
            "excluded": flag(
                "True for the five highest losses, which the published refit leaves out as outliers"
            ),
        },
        SIX_N_D,
        key=["parameters", "training_flop"],
    ),
    "concept_frequency": table(
        {
            "dataset": text("test set; the unit to resample"),
            "concept": text("class of the test set"),
            "laion400m_pairs": number(
                "image-text pairs of LAION-400M with the concept in image and text; 0 means that "
                "the tagger saw none",
                "pairs",
                pa.Check.ge(0),
            ),
            **{
                f"{backbone.lower().replace('-', '_')}_percent": percent(
                    f"zero-shot accuracy of {backbone} trained on LAION-2B"
                )
                for backbone in BACKBONES
            },
        },
        key=["dataset", "concept"],
    ),
    "cscores": table(
        {
            "dataset": text("training set", allowed=["CIFAR-10", "CIFAR-100"]),
            "percentile": whole(
                "hundredth of the images, 1 the hardest", "", pa.Check.in_range(1, 100)
            ),
            "images": whole("images in the group", "images"),
            "c_score_mean": share("mean probability of being classified rightly when held out"),
            "error_share": share("part of the expected error of the data set"),
        },
        key=["dataset", "percentile"],
    ),
    "leaderboard_v1": table(
        {
            "model": text("Hugging Face id"),
            "organisation": text(
                "part of the id before the slash; empty for four ids without one", nullable=True
            ),
            "parameters_billion": number(
                "total parameters, in whole billions; empty where unknown or below a half",
                "billion parameters",
                pa.Check.in_range(1, 1000),
                nullable=True,
            ),
            "submitted": date("day of the submission", since="2023-07-01", nullable=True),
            "precision": text("weights during the evaluation", allowed=PRECISIONS),
            "type": text("kind of model; may be empty", allowed=MODEL_TYPES, nullable=True),
            "is_merge": flag("whether it is a merge of models"),
            "is_moe": flag("whether it is a mixture of experts"),
            "is_flagged": flag("whether the leaderboard flagged it, mostly for contamination"),
            "average_percent": percent("mean of the six scores"),
            "arc_percent": percent("ARC-Challenge, 25-shot"),
            "hellaswag_percent": percent("HellaSwag, 10-shot"),
            "mmlu_percent": percent("MMLU, 5-shot"),
            "truthfulqa_percent": percent("TruthfulQA, 0-shot"),
            "winogrande_percent": percent("Winogrande, 5-shot"),
            "gsm8k_percent": percent("GSM8K, 5-shot"),
        },
        mean_of(
            "average_percent",
            "arc_percent",
            "hellaswag_percent",
            "mmlu_percent",
            "truthfulqa_percent",
            "winogrande_percent",
            "gsm8k_percent",
        ),
        key=["model", "precision"],
    ),
    "leaderboard_v2": table(
        {
            "model": text("Hugging Face id"),
            "organisation": text(
                "part of the id before the slash; empty for gpt2, which has none", nullable=True
            ),
            "base_model": text("id of the model it was made from; may be empty", nullable=True),
            "parameters_billion": number(
                "total parameters; empty where unknown",
                "billion parameters",
                pa.Check.in_range(1e-3, 1000),
                nullable=True,
            ),
            "uploaded": date("day of the upload; may be empty", since="2022-01-01", nullable=True),
            "submitted": date(
                "day of the submission; may be empty", since="2024-06-01", nullable=True
            ),
            "precision": text("weights during the evaluation", allowed=PRECISIONS),
            "type": text("kind of model", allowed=MODEL_TYPES),
            "is_official_provider": flag("whether a known model provider submitted it"),
            "is_merge": flag("whether it is a merge of models"),
            "is_moe": flag("whether it is a mixture of experts"),
            "average_percent": percent("mean of the six scores"),
            "ifeval_percent": percent("IFEval"),
            "bbh_percent": percent("BIG-Bench Hard, normalised"),
            "math_percent": percent("MATH, level 5"),
            "gpqa_percent": percent("GPQA, normalised"),
            "musr_percent": percent("MuSR, normalised"),
            "mmlu_pro_percent": percent("MMLU-Pro, normalised"),
        },
        mean_of(
            "average_percent",
            "ifeval_percent",
            "bbh_percent",
            "math_percent",
            "gpqa_percent",
            "musr_percent",
            "mmlu_pro_percent",
        ),
        key=["model", "precision"],
    ),
    "let_it_wag": table(
        {
            "backbone": text("image encoder"),
            "pretraining": text("training data"),
            "parameters_million": number(
                "total parameters of image and text encoder; empty where unknown",
                "million parameters",
                pa.Check.in_range(50, 5000),
                nullable=True,
            ),
            "imagenet_percent": percent("zero-shot top-1 on ImageNet"),
            "let_it_wag_percent": percent("zero-shot top-1 on 290 rare concepts"),
        },
        key=["backbone", "pretraining"],
    ),
    "llm_pruning": table(
        {
            "model": text("model before pruning"),
            "parameters": parameters("size before pruning"),
            "sparsity_share": share("weights set to zero"),
            "pattern": text(
                "where zeros may stand",
                allowed=["dense", "unstructured 50%", "4:8", "2:4"],
            ),
            "method": text(
                "how they are chosen", allowed=["dense", "magnitude", "sparsegpt", "wanda"]
            ),
            "perplexity": number("perplexity on WikiText-2", "", pa.Check.gt(1)),
        },
        key=["model", "pattern", "method"],
    ),
    "llm_quantisation": table(
        {
            "model": text("language model"),
            "format": text("number format of the weights"),
            "calibration": text("text of the importance matrix, or none"),
            "bits_per_weight": number(
                "mean bits per weight; empty where no size is given",
                "bits",
                pa.Check.in_range(1, 16),
                nullable=True,
            ),
            "perplexity": number("perplexity on WikiText-2", "", pa.Check.gt(1)),
            "perplexity_se": number(
                "its standard error over tokens; empty where not given", "", nullable=True
            ),
            "ratio_to_fp16": number(
                "perplexity relative to 16-bit weights", "x", pa.Check.ge(0.99)
            ),
            "ratio_to_fp16_se": number(
                "its standard error, tokens paired; empty where not published", "x", nullable=True
            ),
        },
        key=["model", "format", "calibration"],
    ),
    "lottery_ticket": table(
        {
            "start": text(
                "surviving weights reset to an earlier epoch, or drawn anew",
                allowed=["random", "reset"],
            ),
            "reset_epoch": number(
                "epoch that the weights are reset to; empty where drawn anew",
                "epochs",
                pa.Check.in_range(0, 90),
                nullable=True,
            ),
            "weights_remaining_share": share("weights kept"),
            "top1_percent": percent("ImageNet top-1, mean over runs"),
            "top1_sd_points": number(
                "its standard deviation over runs", "points", pa.Check.in_range(0, 5)
            ),
        },
        key=["start", "reset_epoch", "weights_remaining_share"],
    ),
    "notable_models": table(
        {
            "model": text("name"),
            "organisation": text("who made it; may be empty", nullable=True),
            "organisation_kind": text("industry, academia, ...; may be empty", nullable=True),
            "country": text("country of the organisation; may be empty", nullable=True),
            "published": date("day of publication; may be empty", nullable=True),
            "domain": text("what it works on, comma-separated; may be empty", nullable=True),
            "base_model": text("model it was made from, if any", nullable=True),
            "parameters": number(
                "total parameters; empty where not disclosed or estimated",
                "parameters",
                nullable=True,
            ),
            "training_flop": number("training compute; empty where unknown", "FLOP", nullable=True),
            "dataset_size": number(
                "training data, tokens for language; empty where unknown",
                "data points",
                nullable=True,
            ),
            "confidence": text(
                "how wide the estimates are; may be empty",
                allowed=["Confident", "Likely", "Speculative", "Unknown"],
                nullable=True,
            ),
            "is_frontier": flag("whether among the top ten by training compute at its release"),
            "open_weights": text(
                "whether the weights can be had; may be empty",
                allowed=["yes", "no"],
                nullable=True,
            ),
        },
        key=["model"],
    ),
    "architecture_curves": table(
        {
            "architecture": text(
                "kind of network",
                allowed=[
                    "LSTM, 1 layer",
                    "LSTM, 2 layers",
                    "Transformer of 2017",
                    "Transformer of 2017, RMSNorm",
                    "modern Transformer",
                ],
            ),
            "learning_rate_rule": text(
                "how the learning rate was chosen", allowed=["from a trend", "tuned for each width"]
            ),
            "width": whole("width of the hidden layers", "units"),
            "training_flop": number("training compute so far", "FLOP"),
            "loss_nats": number("validation loss", "nats per token", pa.Check.in_range(1, 12)),
        },
        key=["architecture", "learning_rate_rule", "width", "training_flop"],
    ),
    "efficiency_levels": table(
        {
            "level": text("system whose result is to be reached"),
            "published": date("day of publication", since="2012-01-01"),
            "model": text("system that reaches it"),
            "training_flop": number("training compute to reach it", "FLOP"),
        },
        key=["level", "model"],
    ),
    "imagenet_models": table(
        {
            "architecture": text("name of the network in the collection"),
            "recipe": text("name of the training recipe"),
            "image_size": whole("edge of the test images", "pixels"),
            "top1_percent": percent("ImageNet top-1"),
            "top1_v2_percent": percent("top-1 on the second test set, ImageNetV2"),
            "gmacs": number("multiply-accumulates per image", "10^9"),
            "images_per_second": number("measured throughput of one graphics card", "1/s"),
            "family": text("family of networks, from the name"),
            "architecture_class": text(
                "convolution, attention, ...",
                allowed=["attention", "conv", "hybrid", "mlp", "pool", "recurrent"],
            ),
            "architecture_year": whole("year that the design was published", "year"),
            "year_corrected": flag("whether the year by the name rule was wrong and is corrected"),
        },
        key=["architecture", "recipe", "image_size"],
    ),
    "imagenet_progress": table(
        {
            "model": text("name"),
            "published": date("day of publication", since="2012-01-01"),
            "extra_data": flag("whether trained on data beyond ImageNet-1k"),
            "top1_error_percent": percent("ImageNet top-1 error"),
            "training_flop": number(
                "training compute, estimated; empty where unknown", "FLOP", nullable=True
            ),
            "training_images": number("training images", "images"),
            "parameters": parameters("size, as printed; empty where unknown", nullable=True),
        },
        key=["model", "published", "top1_error_percent", "parameters", "training_flop"],
    ),
    "one_recipe_networks": table(
        {
            "network": text("code of the eight blocks, after an n"),
            "flop": number("multiply-accumulates per image", "FLOP"),
            "parameters": parameters("size"),
            "accuracy_1_percent": percent("CIFAR-10 accuracy, first seed"),
            "accuracy_2_percent": percent("second seed"),
            "accuracy_3_percent": percent("third seed"),
        },
        key=["network"],
    ),
    "routed_runs": table(
        {
            "run": whole("number of the configuration", "", pa.Check.ge(0)),
            "router": text(
                "how tokens find their experts", allowed=["Dense", "Hash", "RL-R", "S-Base"]
            ),
            "experts": whole("experts in each routed layer; 1 for a dense model", "experts"),
            "experts_per_token": number("experts used per token", "experts"),
            "routed_share": share("blocks that are routed"),
            "width_factor": number("how many times wider the dense feed-forward layers are", "x"),
            "parameters": parameters("parameters that one token meets"),
            "total_parameters": parameters("all parameters"),
            "size_class": text("name of the dense size"),
            "loss_nats": number("validation loss", "nats per token", pa.Check.in_range(1, 12)),
        },
        key=["run"],
    ),
    "translation_costs": table(
        {
            "model": text("system"),
            "architecture_class": text("kind of network, in our words"),
            "year": whole("year of publication", "year"),
            "is_ensemble": flag("whether several models are averaged"),
            "bleu_german": number("BLEU, English to German, 2014 test", "points", nullable=True),
            "bleu_french": number("BLEU, English to French, 2014 test", "points", nullable=True),
            "training_flop_german": number("training compute as printed", "FLOP", nullable=True),
            "training_flop_french": number("training compute as printed", "FLOP", nullable=True),
        },
        key=["model"],
    ),
    "xlstm_isoflops": table(
        {
            **language_run(),
            "context_tokens": number("length of the training texts", "tokens"),
            "budget_flop": number("nominal budget of the curve", "FLOP"),
        },
        key=["architecture", "context_tokens", "budget_flop", "parameters", "tokens", "loss_nats"],
    ),
    "xlstm_runs": table(language_run(), key=["architecture", "parameters", "tokens"]),
    "agents": table(
        {
            "system": text("agent system or simple baseline, with its model"),
            "accuracy_share": share("solved, mean over five runs of 164 problems"),
            "lowest_share": share("lowest of the five runs"),
            "highest_share": share("highest of the five runs"),
            "tokens": number("tokens read and written in a whole run", "tokens"),
        },
        key=["system"],
    ),
    "attempts": table(
        {
            "run": text("name of the run"),
            "vendor": text("who made the model, from its name"),
            "model": text("model, with its setting"),
            "exercises": whole("exercises", "exercises"),
            "first_percent": percent("solved at the first attempt"),
            "second_percent": percent("solved after one more attempt that sees the failing tests"),
        },
        key=["run"],
    ),
    "best_sample_counts": table(
        {
            "model": text("model that writes the programs"),
            "cost_of_a_wrong_program": number(
                "cost of accepting a wrong program over the value of a right one",
                "x",
                pa.Check.ge(0),
            ),
            "best_samples": whole(
                "number of samples, up to 200, with the highest mean reward",
                "samples",
                pa.Check.in_range(0, 200),
            ),
        },
        key=["model", "cost_of_a_wrong_program"],
    ),
    "code_samples": table(
        {
            "family": text("one recipe in several sizes"),
            "model": text("model"),
            "parameters": parameters("size, from the name"),
            "problem": text("name of the problem"),
            "difficulty": text("as the contest has it", allowed=["easy", "hard", "medium"]),
            "passed": whole(
                "of ten programs, those that pass", "programs", pa.Check.in_range(0, 10)
            ),
        },
        key=["model", "problem"],
    ),
    "engine_doublings": table(
        {
            "engine": text("chess engine"),
            "seconds_per_move": number("thinking time", "s"),
            "games": whole("games played", "games"),
            "elo": number("rating against one fixed opponent", "Elo"),
        },
        key=["seconds_per_move"],
    ),
    "engine_odds": table(
        {
            "openings": text("book of openings"),
            "seconds_newer": number("base time of the newer release", "s"),
            "time_ratio": number("base time of the older over that of the newer release", "x"),
            "elo": number(
                "rating of the newer release over the older", "Elo", pa.Check.in_range(-500, 500)
            ),
        },
        key=["openings", "seconds_newer", "time_ratio"],
    ),
    "gsm8k_votes": table(
        {
            "model": text("Hugging Face id, as in base_models"),
            "single_share": share("GSM8K, the first of five sampled chains of thought"),
            "majority_share": share("GSM8K, the majority of the five"),
        },
        key=["model"],
    ),
    "issue_solvers": table(
        {
            "model": text("language model, as tagged"),
            "system": text("system that was built on it"),
            "submitted": date("day of submission", since="2023-01-01"),
            "resolved_percent": percent("issues resolved"),
        },
        key=["model", "system", "submitted", "resolved_percent"],
    ),
    "puzzle_scores": table(
        {
            "test_set": text("generation of the puzzles", allowed=["ARC-AGI-1", "ARC-AGI-2"]),
            "entry": text("model and its budget of thinking"),
            "model": text("model, the same at all budgets"),
            "kind": text("whether it thinks before it answers", allowed=["plain", "thinking"]),
            "released": date("day of release", since="2022-01-01"),
            "score_share": share("puzzles solved"),
            "dollars_per_task": number("list price of one puzzle", "US$"),
        },
        key=["test_set", "entry"],
    ),
    "repeated_samples": table(
        {
            "model": text("Pythia model"),
            "parameters": parameters("size, from the name"),
            "problem": whole("number of the problem of MATH", "", pa.Check.ge(0)),
            "samples": whole("samples drawn", "samples"),
            "correct": whole("samples with the right final answer", "samples", pa.Check.ge(0)),
        },
        key=["model", "problem"],
    ),
    "sixty_four_votes": table(
        {
            "model": text("model"),
            "single_percent": percent("AIME 2024, mean of 64 answers; thirty questions"),
            "votes_percent": percent("AIME 2024, majority of the 64 answers"),
        },
        key=["model"],
    ),
    "thinking_tokens": table(
        {
            "tokens_asked": whole("tokens asked for; above 2,048 by votes", "tokens"),
            "tokens_used": number("mean tokens spent on a question", "tokens"),
            "accuracy_share": share("AIME 2024, thirty questions"),
        },
        key=["tokens_asked"],
    ),
    "published_forecasts": table(
        {
            "work": text(
                "work that prints the forecast or its outcome, by its key in the references"
            ),
            "quantity": text("what was forecast"),
            "target": text("of which model, or of what date"),
            "method": text("a law fitted to runs, or a crowd of people", allowed=["law", "crowd"]),
            "scope": text("what is scored", allowed=["loss", "task", "average"]),
            "made_before": flag("True if a work says it was made before the outcome was known"),
            "unit": text(
                "unit of predicted and realised; an error is 100% less accuracy",
                allowed=["%", "% error", "nats"],
                nullable=True,
            ),
            "fitted_up_to_flop": number("largest run fitted, if printed", "FLOP", nullable=True),
            "target_flop": number("training compute of the target", "FLOP", nullable=True),
            "predicted": number("forecast, if printed", "see unit", nullable=True),
            "realised": number("outcome, if known", "see unit", nullable=True),
            "relative_error": number(
                "absolute error over realised, where printed instead of a forecast",
                "share",
                nullable=True,
            ),
            "outcome": text(
                "what the work prints of the outcome",
                allowed=["both numbers printed", "error printed", "words only", "diverged"],
            ),
            "locator": text("where in the work"),
            "read_in": text(
                "where it was read for this table", allowed=["the work", "quoted elsewhere"]
            ),
        },
        key=["work", "quantity", "target"],
    ),
    "pruning_survey": table(
        {
            "result": whole("number of the result in the survey", ""),
            "paper": text("paper, as the survey calls it; the unit to resample"),
            "dataset": text("test set"),
            "network": text("network that was pruned"),
            "weights_remaining_share": share("weights kept"),
            "top1_change_points": number(
                "top-1 accuracy after minus before pruning", "points", pa.Check.in_range(-100, 100)
            ),
        },
        key=["result"],
    ),
    "pythia_arithmetic": table(
        {
            "task": text("operation", allowed=["addition", "multiplication"]),
            "shots": whole("examples in the prompt", "examples", pa.Check.isin([0, 2, 4, 8, 16])),
            "operand": whole("first operand; the unit to resample", "", pa.Check.in_range(0, 99)),
            "parameters": parameters("nominal size of the model"),
            "accuracy_share": share("right answers to 50 questions"),
        },
        key=["task", "shots", "operand", "parameters"],
    ),
    "resnet50_pruning": table(
        {
            "method": text(
                "how weights are removed during training; dense for none",
                allowed=["dense", "magnitude", "random", "variational dropout"],
            ),
            "run": whole("number of the run within the method", ""),
            "sparsity_share": share("weights removed"),
            "label_smoothing": share("label smoothing; empty where not stated", nullable=True),
            "top1_percent": percent("ImageNet top-1"),
        },
        key=["method", "run"],
    ),
    "sparse_training": table(
        {
            "network": text("network", allowed=["ResNet-50", "MobileNet-v1"]),
            "label_smoothing": flag("whether trained with label smoothing"),
            "distribution": text(
                "how zeros are spread over layers", allowed=["dense", "erk", "uniform"]
            ),
            "sparsity_share": share("weights that are zero at every step"),
            "training_length_ratio": number("training steps, relative to the dense network", "x"),
            "training_flop_ratio": number("training compute, relative to dense", "x"),
            "inference_flop_ratio": number("inference compute, relative to dense", "x"),
            "top1_percent": percent("ImageNet top-1"),
        },
        key=[
            "network",
            "label_smoothing",
            "distribution",
            "sparsity_share",
            "training_length_ratio",
        ],
    ),
    "test_task": table(
        {
            "model": text("base model"),
            "family": text("model family, as the authors label it; the unit to resample"),
            "parameters": parameters(),
            "tokens": number("training tokens, D", "tokens"),
            "training_flop": number("training compute, 6 N D", "FLOP"),
            "released": date("release month, as its first day", since="2020-01-01"),
            "mmlu_base_share": share("MMLU of the base model, 5-shot"),
            "mmlu_tuned_share": share("MMLU after fine-tuning on task data"),
            "gsm8k_base_share": share("GSM8K of the base model"),
            "gsm8k_tuned_share": share("GSM8K after fine-tuning on task data"),
        },
        SIX_N_D,
        key=["model"],
    ),
    "emergent_tasks": table(
        {
            "model": text("Hugging Face id, as in base_models"),
            "unscrambling_share": share("word unscrambling, exact match"),
            "transliteration_share": share("IPA transliteration, exact match", nullable=True),
            "transliteration_bleu": number(
                "IPA transliteration, BLEU", "points", pa.Check.in_range(0, 100), nullable=True
            ),
            "persian_qa_share": share("Persian question answering", nullable=True),
            "addition_3_digits_share": share("addition of three digits", nullable=True),
            "subtraction_3_digits_share": share("subtraction of three digits"),
            "multiplication_2_digits_share": share("multiplication of two digits"),
        },
        key=["model"],
    ),
    "isoflops": table(
        {
            "study": text(
                "who measured or digitised it",
                allowed=[
                    "epochai_chinchilla",
                    "ml_scalefit",
                    "llama_3",
                    "marin_202603",
                    "misfitting",
                ],
            ),
            "corpus": text("training corpus"),
            "reading": text(
                "which of two readings of the axis; empty but for Llama 3",
                allowed=["exp_loss", "raw_loss"],
                nullable=True,
            ),
            "budget_flop": number("compute budget of the curve", "FLOP"),
            "parameters": parameters(),
            "tokens": number("training tokens, D", "tokens"),
            "loss_nats": number("loss", "nats per token", pa.Check.in_range(0.3, 12)),
            "quality": text("good, or why the compilers flag the point"),
        },
        key=["study", "corpus", "reading", "budget_flop", "parameters", "tokens"],
    ),
    "ladder_checkpoints": table({**ladder_run(), **ladder_scores()}, key=["run", "tokens"]),
    "ladder_predictions": table(
        {
            "task": text("task", allowed=LADDER_TASKS),
            "actual_share": share("measured accuracy of the 13B model"),
            "predicted_share": share("predicted accuracy"),
        },
        key=["task"],
    ),
    "ladder_runs": table(
        {
            **ladder_run(),
            "role": text("part of the ladder, or predicted", allowed=["ladder", "target"]),
            **ladder_scores(),
        },
        key=["run"],
    ),
    "learning_curves": table(
        {
            "domain": text(
                "what is learned",
                allowed=[
                    "image classification",
                    "translation",
                    "language modelling",
                    "BIG-bench",
                ],
            ),
            "task": text("test set and shots, or measure"),
            "model": text("architecture, or number of parameters"),
            "examples": number("training examples seen, or tokens", "examples"),
            "loss": number(
                "error rate, log perplexity, log loss, or one minus the score, by domain",
                "",
                pa.Check.in_range(0, 12),
            ),
            "is_fitted": flag("True in the part to fit, False in the part to predict"),
        },
        key=["domain", "task", "model", "examples", "loss"],
    ),
    "mmlu_formats": table(
        {
            "model": text("model", allowed=["7B", "13B"]),
            "tokens": number("tokens seen, from 0", "tokens", pa.Check.ge(0)),
            "training_flop": number("compute so far", "FLOP", pa.Check.ge(0)),
            "c4_loss_nats": number("loss on C4", "nats per token", pa.Check.in_range(1.5, 13)),
            "lettered_share": share("MMLU, choosing a letter"),
            "completion_share": share("MMLU, likelihood of the answer's text"),
            "bits_per_byte": number("MMLU, bits per byte of the right answer", "bits per byte"),
        },
        key=["model", "tokens"],
    ),
    "overtraining_runs": table(
        {
            **overtraining_run(),
            "c4_loss_nats": number("loss on C4, validation", "nats per token"),
            "refinedweb_loss_nats": number("loss on RefinedWeb", "nats per token"),
            "redpajama_loss_nats": number("loss on RedPajama", "nats per token"),
            "code_loss_nats": number("loss on 100 programming languages", "nats per token"),
            "openlm_loss_nats": number("loss on the validation text of OpenLM", "nats per token"),
            "mean_error_share": share("one minus the mean accuracy of 46 tasks"),
        },
        SIX_N_D,
        key=["corpus", "parameters", "tokens"],
    ),
    "overtraining_scores": table(
        {**overtraining_run(), "task": text("task"), "accuracy_share": share("accuracy")},
        SIX_N_D,
        key=["corpus", "parameters", "tokens", "task"],
    ),
    "overtraining_tasks": table(
        {
            "task": text("task"),
            "category": text("what it tests"),
            "kind": text("multiple choice, language modeling or schema"),
            "questions": whole("number of questions", "questions"),
            "chance_share": share("accuracy of guessing, as upstream states it"),
        },
        key=["task"],
    ),
    "porian_exponents": table(
        {
            **porian_setting(),
            "exponent": number("exponent of the optimal parameters on compute", ""),
            "exponent_low": number("lower end of the 95% interval", ""),
            "exponent_high": number("upper end of the 95% interval", ""),
        },
        key=["correction", "attention_counted"],
    ),
    "porian_isoflops": table(
        {
            **porian_setting(),
            "training_flop": number("compute of the curve, as the setting counts it", "FLOP"),
            "parameters": parameters("size, as the setting counts it"),
            "tokens": number("training tokens", "tokens"),
            "loss_nats": number("loss", "nats per token", pa.Check.in_range(1.5, 12)),
        },
        SIX_N_D,
        key=["correction", "attention_counted", "training_flop", "parameters"],
    ),
    "dclm_scales": table(
        {
            "corpus": text("training corpus; filtered is its pool after a classifier kept a tenth"),
            "scale": text(
                "size and multiple of 20 tokens per parameter",
                allowed=["400M-1x", "1B-1x", "1B-5x", "7B-1x"],
            ),
            "parameters": parameters(),
            "tokens": number("training tokens", "tokens"),
            "training_flop": number("training compute, 6 N D", "FLOP"),
            "learning_rate": number("peak learning rate", ""),
            **dclm_score(),
        },
        SIX_N_D,
        key=["corpus", "scale", "learning_rate", "task"],
    ),
    "dclm_tasks": table(
        {
            "task": text("one of the 22 tasks of CORE"),
            "kind": text("multiple choice, language modeling or schema"),
            "chance_share": share("accuracy of guessing, as corrected upstream in 2025"),
        },
        key=["task"],
    ),
    "dclm_treatments": table(
        {
            "treatment": text("what was done to the text, or the text before it"),
            "run": whole("number of the run among those of one treatment", ""),
            **dclm_score(),
        },
        key=["treatment", "run", "task"],
    ),
    "deduplicated_scores": table(
        {
            "corpus": text("training corpus", allowed=["C4", "OSCAR"]),
            "model": text("parameters", allowed=["2.8B", "4.2B"]),
            "is_deduplicated": flag("whether the corpus was deduplicated"),
            "task": text("task"),
            "score_points": number(
                "score, 0 is chance and 100 perfect", "points", pa.Check.in_range(-100, 100)
            ),
            "seed_sd_points": number(
                "standard deviation over five seeds; empty where there is one run",
                "points",
                pa.Check.ge(0),
                nullable=True,
            ),
        },
        key=["corpus", "model", "is_deduplicated", "task"],
    ),
    "filter_strength": table(
        {
            "filter": text("score that ranks the pairs", allowed=["CLIP score", "T-MARS"]),
            "kept_percent": percent("share of the pool that is kept"),
            "samples_seen": number("training samples, repeats included", "samples"),
            "imagenet_percent": percent("zero-shot accuracy on ImageNet"),
        },
        key=["filter", "kept_percent", "samples_seen"],
    ),
    "image_text_scores": table(
        {
            "scale": text("scale of the benchmark", allowed=["s", "m", "l", "xl"]),
            "filter": text(
                "how the pool was filtered",
                allowed=["none", "CLIP score", "best of the study"],
            ),
            "training_flop": number("three forward passes a sample", "FLOP"),
            "dataset": text("test set; the unit to resample"),
            "score_share": share("zero-shot accuracy or recall"),
        },
        key=["scale", "filter", "dataset"],
    ),
    "mixture_losses": table(
        {**mixture(), "loss_nats": number("validation loss on the source", "nats per token")},
        key=["parameters", "mixture", "source"],
    ),
    "mixture_weights": table(
        {**mixture(), "weight_share": share("share of the source in training")},
        key=["parameters", "mixture", "source"],
    ),
    "open_sci_runs": table(
        {
            "corpus": text("training corpus"),
            "parameters": parameters(),
            "tokens": number("training tokens", "tokens"),
            "training_flop": number("training compute, 6 N D", "FLOP"),
            "mean_share": share("mean accuracy over the authors' tasks"),
        },
        SIX_N_D,
        key=["corpus", "parameters"],
    ),
    "pythia_pile": table(
        {
            "parameters": parameters("size, from the name of the model"),
            "is_deduplicated": flag("whether the Pile was deduplicated"),
            "shots": whole("examples in the prompt", "examples", pa.Check.isin([0, 5])),
            "task": text("task"),
            "accuracy_share": share("accuracy at the end of training"),
        },
        key=["parameters", "is_deduplicated", "shots", "task"],
    ),
    "repeated_data_runs": table(
        {
            "run": text("name in the authors' scheme: parameters, tokens, unique tokens, seed"),
            "parameters": parameters(),
            "tokens": number("training tokens, repeats included", "tokens"),
            "unique_tokens": number("different tokens", "tokens"),
            "loss_nats": number("validation loss on C4", "nats per token"),
        },
        pa.Check(
            lambda frame: frame["unique_tokens"] <= frame["tokens"] * 1.001,
            name="no more different tokens than tokens",
        ),
        key=["run"],
    ),
    "ablation_curves": table(
        {
            "variant": text("the one thing that is varied"),
            "seed": whole("seed", ""),
            "tokens": number("tokens so far", "tokens"),
            "training_flop": number("compute so far, by profiler, three digits", "FLOP"),
            "loss_nats": number("validation loss", "nats per token", pa.Check.in_range(4, 12)),
        },
        key=["variant", "seed", "tokens"],
    ),
    "context_lengths": table(
        {
            "model": text("model and its size"),
            "maker": text("who made it; the unit to resample"),
            "parameters": parameters("all parameters; empty where none are printed", nullable=True),
            "is_self_reported": flag("True for scores that the makers report"),
            "claimed_tokens": number("context length the makers claim", "tokens"),
            "effective_tokens": number("longest tested length above the threshold", "tokens"),
            "exceeds": flag("True where the effective length is only known to be above this"),
            "falls_short": flag("True where it is only known to be below this"),
            **{
                f"score_{k}k_percent": percent(f"score at {k} thousand tokens", nullable=k == 128)
                for k in (4, 8, 16, 32, 64, 128)
            },
        },
        key=["model"],
    ),
    "distilled_models": table(
        {
            "model": text("model"),
            "kind": text(
                "student of DeepSeek-R1, the same base without a teacher, the teacher, or other",
                allowed=["student", "no teacher", "teacher", "other"],
            ),
            "parameters": parameters("all parameters; empty where not published", nullable=True),
            "aime_percent": percent("AIME 2024, 30 questions"),
            "math500_percent": percent("MATH-500, 500 questions"),
            "gpqa_percent": percent("GPQA Diamond, 198 questions"),
            "livecodebench_percent": percent("LiveCodeBench"),
        },
        key=["model"],
    ),
    "gsm8k_prompting": table(
        {
            "model": text("Hugging Face id, as in base_models"),
            "direct_share": share("GSM8K, five plain examples"),
            "steps_share": share("GSM8K, eight examples with the steps written out"),
        },
        key=["model"],
    ),
    "instruct_eval": table(
        {
            "model": text("tuned model"),
            "foundation": text("model it was tuned from; the unit to resample"),
            "parameters": parameters(),
            "mmlu_percent": percent("MMLU, tuned"),
            "base_mmlu_percent": percent("MMLU, foundation"),
            "kind": text("what it was tuned on", allowed=["tasks", "dialogue"]),
        },
        key=["model", "foundation", "parameters"],
    ),
    "instruction_pairs": table(
        {
            "model": text("tuned model"),
            "family": text("family; the unit to resample"),
            "parameters": parameters("size from the name; of routed models, of one expert"),
            "base": text("base model by the same makers"),
            "benchmark": text("benchmark"),
            "tuned_share": share("score of the tuned model"),
            "base_share": share("score of the base model"),
        },
        key=["model", "benchmark"],
    ),
    "language_progress": table(
        {
            "paper": whole(
                "number of the group of equal publication date; the unit to resample", ""
            ),
            "system": text("model"),
            "published": date("day of publication", since="2012-01-01"),
            "parameters": parameters(),
            "dataset_tokens": number("size of the training set, not tokens seen", "tokens"),
            "benchmark": text("test text", allowed=["wt103", "wt2", "ptb"]),
            "loss_nats": number("log of the perplexity", "nats", pa.Check.in_range(1.5, 7)),
            "is_suspect": flag("True where size or data is likely an entry error upstream"),
        },
        key=["system", "benchmark", "parameters", "published"],
    ),
    "preference_win_rates": table(
        {
            "edition": whole("edition of the test; 1 against an older reference, 2 a newer", ""),
            "model": text("system"),
            "win_rate_percent": percent("prompts on which the judge prefers it, of 805"),
            "length_controlled_percent": percent("the same, corrected for length", nullable=True),
            "mean_characters": number("mean length of its answers", "characters"),
        },
        key=["edition", "model"],
    ),
    "published_multipliers": table(
        {
            "innovation": text("what is changed"),
            "multiplier": number("compute ratio at equal loss, as published", "x"),
        },
        key=["innovation"],
    ),
    "recipe_cells": table(
        {
            "recipe": text("which recipe is the new one"),
            "size": text("size of GPT-2", allowed=["124M", "355M", "1.5B"]),
            "algorithm": text("training recipe", allowed=["old", "new"]),
            "data": text("training text", allowed=["old", "new"]),
            "gpu_hours": number(
                "hours to the loss of the old recipe on old data; empty if never reached",
                "hours",
                nullable=True,
            ),
            "is_censored": flag("True where the loss was never reached"),
        },
        key=["recipe", "size", "algorithm", "data"],
    ),
    "retrieval_against_size": table(
        {
            "model": text("model"),
            "kind": text("with or without retrieval", allowed=["closed book", "retrieval"]),
            "parameters": parameters("size; the passage index not counted"),
            "question_set": text("question set"),
            "percent": percent("exact match"),
        },
        key=["model", "question_set"],
    ),
    "retrieval_methods": table(
        {
            "method": text("method, as printed"),
            "is_plain": flag("True if nothing was trained for it and prompts are as they come"),
            "question_set": text("question set"),
            "percent": percent("exact match, or F1 for HotpotQA, 2WikiMultihop and PopQA"),
        },
        key=["method", "question_set"],
    ),
    "speedrun_curves": table(
        {
            "comparison": text("which comparison"),
            "run": text("optimiser"),
            "parameters": parameters(),
            "tokens": number("tokens so far", "tokens"),
            "loss_nats": number("validation loss", "nats per token", pa.Check.in_range(2, 20)),
        },
        key=["comparison", "run", "tokens"],
    ),
    "speedrun_medium": table(
        {
            "record": whole("number of the record", ""),
            "minutes": number("time to the loss on eight H100", "minutes"),
        },
        key=["record"],
    ),
    "speedrun_optimisers": table(
        {
            "result": whole("number of the result", ""),
            "family": text("family of the optimiser", allowed=["Adam", "AdamH", "Muon family"]),
            "steps": number("steps to the loss", "steps"),
            "runs": whole("runs averaged", "runs"),
            "description": text("opening of the description upstream"),
        },
        key=["result"],
    ),
    "speedrun_records": table(
        {
            "record": whole("number of the record", ""),
            "published": date("day of the record", since="2024-01-01"),
            "minutes": number("time to the loss on eight H100", "minutes"),
            "tokens": number("training tokens; empty without a log", "tokens", nullable=True),
            "category": text(
                "what changed, by the compilers of the extract",
                allowed=[
                    "architecture",
                    "baseline",
                    "data",
                    "mixed",
                    "objective",
                    "optimiser",
                    "retiming",
                    "systems",
                ],
            ),
            "is_retiming": flag("True where an older record was timed again"),
        },
        key=["record", "published", "minutes"],
    ),
}
