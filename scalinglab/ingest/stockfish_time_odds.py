"""Elo of chess engines against thinking time, transcribed by hand from the Stockfish wiki.

No upstream file stands behind these tables: the page "Useful data" prints the matches.
"""

from pathlib import Path

import pandas as pd

# Seconds a move, games and Elo of Komodo 5 in a gauntlet against one fixed opponent.
DOUBLINGS = [(0.5, 4017, 2850), (1, 4016, 2957), (2, 2000, 3050), (4, 2000, 3131)]
RATIOS = (1, 4, 6, 8)
# Elo of Stockfish 17 over 14 at those ratios of base time, by openings and base time of the newer.
ODDS = {
    ("UHO", 10): (165.29, 41.74, 7.47, -17.52),
    ("noob", 10): (108.47, 10.85, -4.87, -15.02),
    ("UHO", 60): (163.96, 88.09, 63.06, 46.39),
    ("noob", 60): (71.55, 19.23, 11.51, 7.08),
}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``engine_doublings`` and ``engine_odds``; there are no files to read."""
    doublings = pd.DataFrame(DOUBLINGS, columns=["seconds_per_move", "games", "elo"])
    doublings.insert(0, "engine", "Komodo 5")
    odds = pd.DataFrame(
        [
            (openings, seconds, ratio, elo)
            for (openings, seconds), match in ODDS.items()
            for ratio, elo in zip(RATIOS, match, strict=True)
        ],
        columns=["openings", "seconds_newer", "time_ratio", "elo"],
    )
    return {
        "engine_doublings": doublings,
        "engine_odds": odds.sort_values(["openings", "seconds_newer", "time_ratio"]),
    }
