"""The compiler's own count of the floating point operations of a function."""

import jax


def flop(function, *arguments) -> float:
    """Return what XLA counts for one call, compiled for these arguments."""
    return jax.jit(function).lower(*arguments).compile().cost_analysis()["flops"]
