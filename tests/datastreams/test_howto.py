"""The code in docs/howto-dataset.md runs as printed."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto-dataset.md"


def test_the_code_on_the_page_runs():
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 3
    namespace = {}
    for code in blocks:
        exec(compile(code, str(PAGE), "exec"), namespace)
    assert {"RandomWalks", "AddNoise"} <= set(namespace)
