"""Run the full sweeps: ``python -m scalinglab.experiments [NAME ...] [--dask ADDRESS]``.

Uses all local cores, or the workers of a Dask cluster at the address of its scheduler. What was
finished before an interruption is not run again. Writes ``data/experiments/<name>.csv`` and
``.yml``. Exit code 0: every sweep is stored. 1: one failed; what it had finished is kept.
"""

import argparse
import sys
from contextlib import ExitStack

import joblib

from scalinglab import experiments, tables
from scalinglab.experiments import _sweep


def main(arguments: list[str] | None = None) -> int:
    """Run the named sweeps, or all; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m scalinglab.experiments", description="Run the full sweeps and store them."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these experiments")
    parser.add_argument("--dask", metavar="ADDRESS", help="the scheduler of a Dask cluster")
    parser.add_argument("--jobs", type=int, default=-1, help="local processes (all cores)")
    options = parser.parse_args(arguments)
    with ExitStack() as stack:
        try:
            chosen = [(name, experiments.module(name)) for name in options.names]
            chosen = chosen or [(name, experiments.module(name)) for name in experiments.names()]
            if options.dask:
                _use_cluster(stack, options.dask)
            for name, experiment in chosen:
                rows = _sweep.sweep(experiment, name, options.jobs)
                print(f"stored {experiments.folder() / name}.csv, {len(rows)} rows")
        except (experiments.ExperimentError, tables.TableError) as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    return 0


def _use_cluster(stack: ExitStack, address: str) -> None:
    import distributed

    try:
        stack.enter_context(distributed.Client(address, timeout="10s"))
    except (OSError, ValueError) as error:
        raise experiments.ExperimentError(
            f"there is no Dask scheduler at {address}: {error}"
        ) from error
    stack.enter_context(joblib.parallel_config(backend="dask"))


if __name__ == "__main__":
    sys.exit(main())
