"""The TypeScript scorer against this one, on ten thousand rows and both models."""

import os
import subprocess

import pytest
from conftest import ROOT
from parity import write_parity

NODE = ROOT / "node_modules" / ".bin" / "node"
VITEST = ROOT / "node_modules" / "vitest" / "vitest.mjs"
TEST = "test/stack/embedded/scorer/parity.test.ts"
ROWS = 10_000


# services/test.sh says in one line when this cannot run, and leaves it out.
@pytest.mark.typescript
def test_the_typescript_scorer_agrees_on_ten_thousand_rows(tmp_path):
    rows = tmp_path / "parity.jsonl"
    write_parity(ROWS, rows)
    env = os.environ | {"SLUICE_PARITY_ROWS": str(rows)}
    command = [NODE, VITEST, "run", "--reporter=verbose", TEST]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert f"{2 * ROWS} answers" in done.stdout
