"""Prints the errors of special functions in ulps, as a table in Markdown.

Run ``python -m tests.numerics.report``; ULP_POINTS=20000 takes more points.
"""

from tests.numerics.functions import FUNCTIONS, PAIRS
from tests.numerics.measure import DTYPES, MODES, measure


def main():
    """Print one row per function: the largest error and where, for each dtype and mode."""
    columns = [(dtype, mode) for mode in MODES for dtype in DTYPES]
    print("| function | points |", " | ".join(f"{d}, {m}" for d, m in columns), "|")
    print("|---" * (len(columns) + 2) + "|")
    for name in [*FUNCTIONS, *PAIRS]:
        found = [measure(name, dtype, mode) for dtype, mode in columns]
        cells = [f"{m.ulps:.2f} at {', '.join(f'{x:.6g}' for x in m.at)}" for m in found]
        print(f"| {name} | {max(m.count for m in found)} |", " | ".join(cells), "|")


if __name__ == "__main__":
    main()
