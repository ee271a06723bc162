"""The code in docs/howto-step-rule.md runs as printed, and its rules do what they say."""

import re
from collections import OrderedDict
from pathlib import Path

import numpy as np

from blocks.utils.theano_utils import shared_floatx

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto-step-rule.md"


def test_the_code_on_the_page_runs():
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 5
    namespace = {}
    for code in blocks:
        exec(compile(code, str(PAGE), "exec"), namespace)
    a, b = shared_floatx([3.0, -4.0], name="a"), shared_floatx([-1.0], name="b")
    signs, _ = namespace["Sign"]().compute_steps(OrderedDict([(a, a * 1)]))
    np.testing.assert_array_equal(signs[a].eval({}), [1.0, -1.0])
    steps, _ = namespace["EqualNorms"]().compute_steps(OrderedDict([(a, a * 1), (b, b * 1)]))
    np.testing.assert_allclose(steps[a].eval({}), [1.8, -2.4])
    np.testing.assert_allclose(steps[b].eval({}), [-3.0])
