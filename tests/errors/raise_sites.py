"""Where the source raises, and which of these places an error went through."""

import ast


def raise_sites(root, folders):
    """Return the places that raise an error of their own, each as file and lines.

    Not among them: a bare ``raise``, and exceptions that never leave the package.
    """
    found = set()
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Raise) and _is_for_users(node.exc):
                    found.add((str(path.relative_to(root)), node.lineno, node.end_lineno))
    return found


def _is_for_users(raised):
    name = ast.unparse(raised.func if isinstance(raised, ast.Call) else raised) if raised else ""
    return bool(name) and name not in {"NotImplementedError", "UnknownSizesError", "error"}


def sites_of(error, root, sites):
    """Return those of the places that an error, and what it was made from, went through."""
    found = set()
    while error is not None:
        trace = error.__traceback__
        while trace is not None:
            path = trace.tb_frame.f_code.co_filename
            if path.startswith(str(root)):
                name = path[len(str(root)) + 1 :]
                found |= {s for s in sites if s[0] == name and s[1] <= trace.tb_lineno <= s[2]}
            trace = trace.tb_next
        error = error.__context__
    return found
