"""Prints trans_num and cc_num of every row of a Delta table, one row a line, a tab between them."""

import os
import sys

from deltalake import DeltaTable

table = DeltaTable(sys.argv[1]).to_pyarrow_table(columns=["trans_num", "cc_num"])
for trans_num, cc_num in zip(table["trans_num"].to_pylist(), table["cc_num"].to_pylist()):
    print(f"{trans_num}\t{cc_num}")
sys.stdout.flush()
# Threads of the reader may crash while the interpreter is taken down; the answer is out.
os._exit(0)
