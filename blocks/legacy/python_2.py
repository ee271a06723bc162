"""Names that Python 2 had and Python 3 has not."""

from __future__ import annotations

__all__ = ["PYTHON_2"]

PYTHON_2 = {
    "ConfigParser",
    "Queue",
    "StringIO",
    "Tkinter",
    "basestring",
    "cPickle",
    "cStringIO",
    "execfile",
    "has_key",
    "imap",
    "iteritems",
    "iterkeys",
    "itervalues",
    "izip",
    "long",
    "raw_input",
    "reduce",
    "unichr",
    "unicode",
    "urllib2",
    "xrange",
}
"""Modules, functions, and methods of dictionaries."""
