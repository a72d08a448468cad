"""Writes what a Delta table holds, as an independent reader finds it: python golden-rows.py TABLE TARGET.

`rows.json` has every row: 64-bit numbers as text, doubles as Python prints them, timestamps as microseconds since 1970.
`files.json` has the path of each data file -> its rows, as places in `rows.json`. As those of the golden run of Spark 3.5.
"""

import json
import os
import sys

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable


def exact(column):
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    wide = pa.types.is_int64(column.type) or pa.types.is_floating(column.type)
    return [str(value) if wide and value is not None else value for value in column.to_pylist()]


def write(name, content):
    with open(os.path.join(target, name), "w", encoding="utf-8") as file:
        file.write(content)


folder, target = sys.argv[1:]
actions = pa.table(DeltaTable(folder).get_add_actions(flatten=True)).to_pylist()
rows, files = [], {}
for action in sorted(actions, key=lambda each: each["path"]):
    # The reader would look for values of the table's partitions in the names of the folders.
    table = pq.ParquetFile(os.path.join(folder, action["path"])).read()
    columns = {name: exact(table[name]) for name in table.column_names}
    partition = {name: action[f"partition.{name}"] for name in ("year", "month", "day")}
    files[action["path"]] = list(range(len(rows), len(rows) + table.num_rows))
    rows += [{**dict(zip(columns, row)), **partition} for row in zip(*columns.values())]
write("rows.json", "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n")
write("files.json", json.dumps(files, indent=0) + "\n")
sys.stdout.flush()
# Threads of the reader may crash while the interpreter is taken down; the files are written.
os._exit(0)
