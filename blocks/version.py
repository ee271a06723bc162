"""The version of the package.

Examples
--------
>>> version.split(".")[0]
'1'
"""

__all__ = ["version"]

version = "1.0.0.dev0"
