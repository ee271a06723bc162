"""Gives PyTensor's C back end a BLAS library: the OpenBLAS that comes with SciPy.

PyTensor from PyPI has none, and is told to link one. SciPy's has names of its own
(``scipy_sgemm_``), so a library of jumps from the common names to those is built once.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import scipy

NAMES = [
    *(f"{real}{routine}_" for real in "sd" for routine in ("gemm", "gemv", "ger", "dot")),
    *(f"{real}{routine}_" for real in "sd" for routine in ("axpy", "scal", "copy", "trsm", "nrm2")),
]


def link_blas() -> None:
    """Set PyTensor's flags so that it links SciPy's OpenBLAS, unless the user chose another.

    Where that cannot be done, as without a C compiler, PyTensor warns itself.
    """
    flags = os.environ.get("PYTENSOR_FLAGS", "")
    if "blas__ldflags" in flags:
        return
    try:
        library = _jumps()
    except (OSError, StopIteration, subprocess.CalledProcessError) as error:
        print(f"no BLAS for PyTensor's C back end: {error}", file=sys.stderr)
        return
    ours = f"blas__ldflags=-L{library.parent} -l{library.stem[3:]}"  # PyTensor adds the rpath
    os.environ["PYTENSOR_FLAGS"] = f"{flags},{ours}".lstrip(",")


def _jumps() -> Path:
    folder = Path(scipy.__file__).parents[1] / "scipy.libs"
    blas = next(folder.glob("libscipy_openblas*"))
    key = hashlib.sha256(f"{blas}{NAMES}".encode()).hexdigest()[:12]
    target = Path(tempfile.gettempdir()) / f"blocks_benchmarks_{os.getuid()}"
    target.mkdir(mode=0o700, exist_ok=True)
    library = target / f"libjumps_{key}.so"
    if library.exists():
        return library
    source = target / f"jumps_{os.getpid()}.c"
    lines = [
        f'__asm__(".globl {name}\\n{name}: jmp scipy_{name}@PLT\\n.type {name},@function");'
        for name in NAMES
    ]
    source.write_text("\n".join(lines) + "\n")
    partial = source.with_suffix(".so")
    command = ["cc", "-shared", "-fPIC", "-o", partial, source, f"-L{folder}"]
    command += [f"-l:{blas.name}", f"-Wl,-rpath,{folder}", "-Wl,--no-as-needed"]
    subprocess.run(command, check=True, capture_output=True)
    os.replace(partial, library)
    return library
