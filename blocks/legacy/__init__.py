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
import threading

from blocks.legacy import theano_config
from blocks.legacy.finder import LegacyFinder
from blocks.legacy.missing import LegacyImportError

__all__ = ["LegacyImportError", "install", "installed", "uninstall"]

_finder = LegacyFinder()
_environment: dict[str, str] = {}
_lock = threading.RLock()


def installed() -> bool:
    """Tell whether old import names resolve to ours now.

    Examples
    --------
    >>> installed()
    False
    """
    return _finder in sys.meta_path


def install() -> None:
    """Make old import names resolve to ours, until `uninstall`.

    ``THEANO_FLAGS`` (floatX, mode, base_compiledir, profile) and ``FUEL_DATA_PATH``,
    ``FUEL_FLOATX`` and ``FUEL_DEFAULT_SEED`` are honoured from here on, where the
    settings of this package are not given in the environment themselves. Installing
    twice is the same as once.

    Raises
    ------
    LegacyImportError
        If another package named theano or fuel is imported already.
    ConfigurationError
        If one of those variables holds a value that does not fit.
    """
    with _lock:
        if installed():
            return
        _finder.check_nothing_is_in_the_way()
        _environment.update(theano_config.read_environment(os.environ))
        _finder.install()


def uninstall() -> None:
    """Undo `install`: old names do not resolve any more, settings are what they were.

    Objects that were imported under an old name keep working.
    """
    with _lock:
        if not installed():
            return
        _finder.uninstall()
        theano_config.forget(os.environ, _environment)
        _environment.clear()
