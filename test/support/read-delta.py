"""Prints what a Delta table holds, as one JSON object: python read-delta.py FOLDER."""

import json
import os
import sys

import pyarrow.compute as pc
from deltalake import DeltaTable

table = DeltaTable(sys.argv[1])
columns = table.to_pyarrow_table(columns=["trans_num", "cc_num"])
bounds = pc.min_max(columns["cc_num"]).as_py()
exact = {name: None if value is None else str(value) for name, value in bounds.items()}
print(
    json.dumps(
        {
            "version": table.version(),
            "rows": columns.num_rows,
            "distinct_trans_num": len(pc.unique(columns["trans_num"].drop_null())),
            "cc_num_min": exact["min"],
            "cc_num_max": exact["max"],
        }
    )
)
sys.stdout.flush()
# Threads of the reader may crash while the interpreter is taken down; the answer is out.
os._exit(0)
