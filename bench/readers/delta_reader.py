"""The same question to delta-rs: python delta_reader.py FOLDER."""

import json
import os
import sys
import zlib

import pyarrow.compute as pc
from deltalake import DeltaTable

table = DeltaTable(sys.argv[1])
rows = table.to_pyarrow_table(columns=["trans_num", "cc_num", "merchant", "amt", "unix_time"])
names = rows["trans_num"].to_pylist()
cells = zip(names, rows["cc_num"].to_pylist(), rows["merchant"].to_pylist(), rows["amt"].to_pylist())
crc = sum(zlib.crc32("|".join(str(cell) for cell in row).encode()) for row in cells)
inside = pc.and_(pc.greater_equal(rows["unix_time"], 1500), pc.less_equal(rows["unix_time"], 1799))
scanned = pc.sum(pc.cast(inside, "int64")).as_py() or 0
filters = [("unix_time", ">=", 1500), ("unix_time", "<=", 1799)]
pruned = table.to_pyarrow_table(columns=["unix_time"], filters=filters).num_rows
print(json.dumps({"rows": rows.num_rows, "keys": len(set(names)), "crc": crc, "pruned": pruned, "scanned": scanned}))
sys.stdout.flush()
os._exit(0)
