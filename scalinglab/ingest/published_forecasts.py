"""Published forecasts of gains and their outcomes, transcribed by hand from the works.

No upstream file stands behind this table: each row is what a work prints, with the place where it
does. Works that print only an error give no prediction; works that print a curve and a word give
neither number, and are kept, because they belong to the count.
"""

from pathlib import Path

import pandas as pd

COLUMNS = [
    "work",
    "quantity",
    "target",
    "method",
    "scope",
    "made_before",
    "unit",
    "fitted_up_to_flop",
    "target_flop",
    "predicted",
    "realised",
    "relative_error",
    "outcome",
    "locator",
    "read_in",
]
# Relative errors of the top-1 error at 6.9B parameters, in percent, by training corpus; beside them
# the top-1 error itself, in percent, from the scores of the runs that the authors released.
OVERTRAINED = {
    "ARC-Easy": {
        "C4": (28.96, 35.1431),
        "RedPajama": (5.21, 31.90235),
        "RefinedWeb": (26.06, 30.89225),
    },
    "LAMBADA": {
        "C4": (15.01, 41.87852),
        "RedPajama": (14.39, 33.88317),
        "RefinedWeb": (16.55, 37.12401),
    },
    "OpenBook QA": {
        "C4": (16.80, 62.6),
        "RedPajama": (8.44, 61.0),
        "RefinedWeb": (1.92, 60.2),
    },
    "HellaSwag, zero-shot": {
        "C4": (79.58, 32.98148),
        "RedPajama": (25.73, 35.5706),
        "RefinedWeb": (81.96, 30.29277),
    },
}
AVERAGE = "mean of 17 tasks"
AVERAGES = {"C4": (0.14, 49.04043), "RedPajama": (0.05, 48.40238), "RefinedWeb": (2.94, 46.50803)}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``published_forecasts``; there are no files to read."""
    rows = [*_crowd(), *_overtrained(), *_single()]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return {"published_forecasts": frame.sort_values(["work", "quantity", "target"])}


def _crowd() -> list[dict]:
    """Professional forecasters, asked in August and September 2021 about June 2022."""
    told = {
        "MATH": (12.7, 50.3),
        "MMLU": (57.1, 67.5),
        "CIFAR-10, robust accuracy": (70.4, 66.6),
        "Something Something v2": (73.0, 75.3),
    }
    common = {
        "work": "steinhardt2022",
        "target": "best published score on 30 June 2022",
        "method": "crowd",
        "scope": "task",
        "made_before": True,
        "unit": "%",
        "outcome": "both numbers printed",
        "locator": "list of results against predictions",
        "read_in": "the work",
    }
    return [
        common | {"quantity": quantity, "predicted": predicted, "realised": realised}
        for quantity, (predicted, realised) in told.items()
    ]


def _overtrained() -> list[dict]:
    """Held-out runs of a study of over-training, forecast from its smaller runs."""
    common = {
        "work": "gadre2024",
        "method": "law",
        "made_before": False,
        "outcome": "error printed",
        "read_in": "the work",
    }
    large = {"target_flop": 5.695677e21}
    rows = [
        common
        | large
        | {
            "quantity": task,
            "target": f"6.9B model on {corpus}",
            "scope": "task",
            "unit": "% error",
            "relative_error": error / 100,
            "realised": realised,
            "locator": "table 2, individual top-1 error",
        }
        for task, by_corpus in OVERTRAINED.items()
        for corpus, (error, realised) in by_corpus.items()
    ]
    rows += [
        common
        | large
        | {
            "quantity": AVERAGE,
            "target": f"6.9B model on {corpus}",
            "scope": "average",
            "unit": "% error",
            "relative_error": error / 100,
            "realised": realised,
            "locator": "table 2, 17-task split",
        }
        for corpus, (error, realised) in AVERAGES.items()
    ]
    long = {"target": "1.4B model on 900B tokens of RedPajama", "target_flop": 7.960359e21}
    rows.append(
        common
        | long
        | {
            "quantity": AVERAGE,
            "scope": "average",
            "unit": "% error",
            "relative_error": 0.036,
            "realised": 48.69852,
            "locator": "section 4, average top-1 error",
        }
    )
    rows += [
        common
        | target
        | {
            "quantity": "loss on C4",
            "scope": "loss",
            "unit": "nats",
            "relative_error": 0.007,
            "locator": "section 4, over-trained performance",
        }
        for target in (long, {"target": "6.9B model on RedPajama"} | large)
    ]
    return rows


def _single() -> list[dict]:
    """Forecasts of single runs by those who trained them."""
    law = {"method": "law"}
    words, error, both = "words only", "error printed", "both numbers printed"
    return [
        law
        | {
            "work": "hu2024",
            "quantity": "HumanEval",
            "target": "2.4B model",
            "scope": "task",
            "made_before": True,
            "unit": "%",
            "predicted": 5.987,
            "realised": 5.990,
            "outcome": both,
            "locator": "table 1 and abstract",
            "read_in": "quoted elsewhere",
        },
        law
        | {
            "work": "openai2023gpt4",
            "quantity": "loss on own code",
            "target": "GPT-4",
            "scope": "loss",
            "made_before": True,
            "outcome": words,
            "locator": "section 3.1, figure 1: predicted with high accuracy",
            "read_in": "the work",
        },
        law
        | {
            "work": "openai2023gpt4",
            "quantity": "HumanEval, six groups of problems",
            "target": "GPT-4",
            "scope": "task",
            "made_before": True,
            "unit": "%",
            "outcome": words,
            "locator": "section 3.2, figure 2: one of the six groups shown",
            "read_in": "the work",
        },
        law
        | {
            "work": "llama3herd2024",
            "quantity": "ARC Challenge",
            "target": "Llama 3 405B",
            "scope": "task",
            "made_before": True,
            "unit": "%",
            "fitted_up_to_flop": 1e22,
            "target_flop": 3.8e25,
            "outcome": words,
            "locator": "section 3.2.1, figure 4: slightly underestimated",
            "read_in": "the work",
        },
        law
        | {
            "work": "held2026delphi",
            "quantity": "loss on Paloma",
            "target": "dense model, first recipe, 1e22 FLOP",
            "scope": "loss",
            "made_before": False,
            "unit": "nats",
            "fitted_up_to_flop": 3e20,
            "target_flop": 1e22,
            "relative_error": 0.025,
            "outcome": error,
            "locator": "attempt 1",
            "read_in": "quoted elsewhere",
        },
        law
        | {
            "work": "held2026delphi",
            "quantity": "loss on Paloma",
            "target": "dense model, first recipe, 1e23 FLOP",
            "scope": "loss",
            "made_before": False,
            "unit": "nats",
            "fitted_up_to_flop": 3e20,
            "target_flop": 1e23,
            "outcome": "diverged",
            "locator": "attempt 1",
            "read_in": "quoted elsewhere",
        },
        law
        | {
            "work": "held2026delphi",
            "quantity": "loss on Paloma",
            "target": "dense model, second recipe, 1e23 FLOP",
            "scope": "loss",
            "made_before": True,
            "unit": "nats",
            "fitted_up_to_flop": 3e20,
            "target_flop": 1e23,
            "relative_error": 0.002,
            "outcome": error,
            "locator": "attempt 2",
            "read_in": "quoted elsewhere",
        },
        law
        | {
            "work": "marin2026moe",
            "quantity": "loss on Paloma",
            "target": "mixture of experts, 1e23 FLOP",
            "scope": "loss",
            "made_before": True,
            "unit": "nats",
            "fitted_up_to_flop": 3e20,
            "target_flop": 1e23,
            "predicted": 2.252,
            "realised": 2.234,
            "outcome": both,
            "locator": "comment of 20 May 2026",
            "read_in": "the work",
        },
    ]
