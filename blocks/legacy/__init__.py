"""Old import names: ``theano.*``, ``fuel.*`` and the names Blocks had in 2015.

`install` makes them resolve to this package, for the running interpreter; ``blocks run
SCRIPT`` does it for a script. Names that do not exist here yet say so when imported.

Examples
--------
>>> install()
>>> from theano import tensor
>>> tensor.matrix("features").ndim
2
>>> uninstall()
"""

from __future__ import annotations

import os
import sys

from blocks.legacy import blocks_names, theano_config
from blocks.legacy.modules import LegacyFinder

__all__ = ["install", "uninstall"]

_finder = LegacyFinder()


def install() -> None:
    """Make old import names resolve to ours, until `uninstall`.

    ``THEANO_FLAGS`` (floatX, mode, base_compiledir, profile) and ``FUEL_DATA_PATH``,
    ``FUEL_FLOATX`` and ``FUEL_DEFAULT_SEED`` are honoured from here on, where the
    settings of this package are not given in the environment themselves.
    """
    if _finder in sys.meta_path:
        return
    sys.meta_path.insert(0, _finder)
    theano_config.read_flags(os.environ)
    blocks_names.install()


def uninstall() -> None:
    """Undo `install`; modules that were imported keep working."""
    if _finder not in sys.meta_path:
        return
    sys.meta_path.remove(_finder)
    blocks_names.uninstall()
    for name in [n for n in sys.modules if n.split(".")[0] in LegacyFinder.ROOTS]:
        if getattr(sys.modules[name], "__loader__", None) is _finder:
            del sys.modules[name]
