"""Takes the lease of a checkpoint as the programs in spark/ do, prints it, and gives it back at the end of its input."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "spark"))
from lease import OwnedByOther, take_lease
from stores import open_store

try:
    lease = take_lease(open_store(sys.argv[1]), os.getpid(), lambda reason: os._exit(5))
except OwnedByOther as error:
    print(f"OWNED_BY_OTHER: {error}", flush=True)
    sys.exit(4)
print(f"HELD {lease.epoch}", flush=True)
sys.stdin.read()
lease.release()
