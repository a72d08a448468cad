"""Prints what the log of a Delta table tells without its data files, as one JSON object: python read-delta-log.py FOLDER."""

import json
import os
import sys

from deltalake import DeltaTable

table = DeltaTable(sys.argv[1])
files = sorted(uri.rsplit("/", 1)[-1] for uri in table.file_uris())
print(json.dumps({"version": table.version(), "files": files, "txn": table.transaction_version("q")}))
sys.stdout.flush()
# Threads of the reader may crash while the interpreter is taken down; the answer is out.
os._exit(0)
