"""BLAS and LAPACK routines of SciPy, without all that ``scipy.linalg`` imports beside them, which is slow.

SciPy's compiled modules are loaded from their files. Where they do not lie where they have always been, the same
routines come from ``scipy.linalg``.
"""

from __future__ import annotations

import importlib
import importlib.util
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType

import scipy


def _compiled(name: str, public: str) -> ModuleType:
    """Return the compiled module ``name`` of ``scipy.linalg``; the module ``public`` where it cannot be loaded."""
    folder = Path(scipy.__file__).parent / "linalg"
    path = next((path for suffix in EXTENSION_SUFFIXES if (path := folder / f"{name}{suffix}").exists()), None)
    spec = importlib.util.spec_from_file_location(f"{__name__}.{name}", path) if path else None
    try:
        if spec is not None and spec.loader is not None:
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
    except ImportError:
        pass
    return importlib.import_module(public)


_BLAS, _LAPACK = _compiled("_fblas", "scipy.linalg.blas"), _compiled("_flapack", "scipy.linalg.lapack")

dtrsm, dtbsv = _BLAS.dtrsm, _BLAS.dtbsv
dpotrf, dgesv = _LAPACK.dpotrf, _LAPACK.dgesv
