"""The OpenMP library that LightGBM asks of the machine, where the machine has none.

LightGBM's wheel names ``libgomp.so.1`` of the system, which comes with a compiler and is missing from slim systems.
scikit-learn's wheel carries the same library under a name of its own. The loader looks for names in the directories
that stood in the environment when a process began, so the process begins anew with one more.
"""

import ctypes
import importlib.util
import os
import sys
from pathlib import Path

NAME = "libgomp.so.1"
DIRECTORY = Path(sys.prefix) / "lib" / "openmp"
VARIABLE = "LD_LIBRARY_PATH"


def provide() -> None:
    """Begin this process anew with scikit-learn's OpenMP where the system has none; every child inherits it.

    Nothing is done where the library is found, on another system than Linux, and where the directory of packages
    is not ours to write: there LightGBM says itself what it misses when something is to be trained.
    """
    if sys.platform != "linux" or found() or str(DIRECTORY) in os.environ.get(VARIABLE, ""):
        return
    if not (DIRECTORY / NAME).exists() and not link():
        return
    places = os.pathsep.join(filter(None, [os.environ.get(VARIABLE), str(DIRECTORY)]))
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | {VARIABLE: places})  # noqa: S606 - itself


def found() -> bool:
    """Whether the loader finds the library by its name."""
    try:
        ctypes.CDLL(NAME)
    except OSError:
        return False
    return True


def link() -> bool:
    """Put scikit-learn's library where the loader may look; whether that was possible."""
    package = importlib.util.find_spec("sklearn")
    if package is None or package.origin is None:
        return False
    carried = sorted((Path(package.origin).parents[1] / "scikit_learn.libs").glob("libgomp*.so*"))
    if not carried:
        return False
    draft = DIRECTORY / f"{NAME}.{os.getpid()}"
    try:
        DIRECTORY.mkdir(parents=True, exist_ok=True)
        draft.symlink_to(carried[0])
        draft.replace(DIRECTORY / NAME)  # two that begin at once both put the same link there
    except OSError:
        return False
    return True
