"""Every test, and every notebook that nbval executes, checks against what was published."""

import os

os.environ["SCALINGLAB_MODE"] = "verify"
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def pytest_addoption(parser):
    """Let `pytest --every-column tests/test_canary_tables.py` spoil the tables column by column."""
    parser.addoption("--every-column", action="store_true", help="one canary per table column")
