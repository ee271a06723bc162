"""Names of 2014 and 2015 that still work, each with a DeprecationWarning.

Examples
--------
>>> import warnings
>>> with warnings.catch_warnings(record=True) as caught:
...     warnings.simplefilter("always")
...     warn_older("MLP", "dim", "dims")
>>> print(caught[0].message)
MLP: dim is the older name of dims. Rename it.
"""

from __future__ import annotations

import sys
import warnings

__all__ = ["warn", "warn_older"]


def warn(text: str) -> None:
    """Warn at the line of the user's code that led here, outside of this package."""
    frame = sys._getframe()
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    warnings.warn_explicit(
        text,
        DeprecationWarning,
        frame.f_code.co_filename,
        frame.f_lineno,
        frame.f_globals.get("__name__", "<unknown>"),
        frame.f_globals.setdefault("__warningregistry__", {}),
    )


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in ("blocks", "importlib", "_frozen_importlib")


def warn_older(where: str, older: str, today: str) -> None:
    """Warn that a keyword or a name is an older one.

    Parameters
    ----------
    where
        The class or function.
    older, today
        What was written, and what to write.
    """
    warn(f"{where}: {older} is the older name of {today}. Rename it.")
