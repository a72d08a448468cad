"""The SQL of the Alert query against the history of training, on ten thousand rows in a real PostgreSQL."""

import os
import subprocess
from pathlib import Path

import pytest
from history_rows import write_rows

ROOT = Path(__file__).resolve().parents[2]
NODE = ROOT / "node_modules" / ".bin" / "node"
VITEST = ROOT / "node_modules" / "vitest" / "vitest.mjs"
TEST = "test/pipeline/alert/history.test.ts"
ROWS = 10_000


# services/test.sh says in one line when this cannot run, and leaves it out.
@pytest.mark.typescript
def test_sql_gives_the_history_of_training_for_ten_thousand_rows(tmp_path):
    rows = tmp_path / "rows.jsonl"
    write_rows(ROWS, rows)
    env = os.environ | {"SLUICE_HISTORY_ROWS": str(rows)}
    command = [NODE, VITEST, "run", "--reporter=verbose", TEST]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert f"{ROWS} rows of training" in done.stdout
