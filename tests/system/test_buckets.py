"""Places in a store that speaks S3."""

import os
import subprocess
import sys

from tests.conftest import ROOT

FORKED = """
import os
from system.stores.bucket import Bucket
assert Bucket("s3://shelf").store and Bucket("s3://shelf").store
child = os.fork()
if not child:
    try:
        Bucket("s3://shelf").store
    except RuntimeError as refusal:
        os._exit(7 if "before it forked this one" in str(refusal) else 1)
    os._exit(0)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_process_does_not_wait_for_threads_of_its_parent() -> None:
    """Without the refusal a request of the child would never end."""
    done = subprocess.run([sys.executable, "-c", FORKED], env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False)
    assert done.returncode == 7
