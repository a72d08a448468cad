"""Reads cases as JSON lines and prints what the pure parts of spark/alert.py make of each: python judge.py < cases."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "spark"))
from answer import Nonsense, read_prediction
from facts import facts_of, why_suppressed
from features import derive_features, has_fault


def judge(case):
    row = {**case["row"], "cc_num": None if case["row"]["cc_num"] is None else int(case["row"]["cc_num"])}
    if case["amtText"]:  # JSON has no number for these.
        row["amt"] = float(case["amtText"])
    if has_fault(row):
        return {"fault": True}
    request, defaults = derive_features(row, case["history"])
    try:
        score = read_prediction(case["answer"], row["trans_num"])
    except Nonsense:
        return {"request": request, "defaultsUsed": defaults, "score": None}
    facts = facts_of(row, score)
    rules = case["rules"]
    reason = why_suppressed(
        rules["off"], rules["olderThanMs"], facts["transactionAt"], rules["recordAt"], rules["firstStart"]
    )
    return {"request": request, "defaultsUsed": defaults, "score": score, "facts": facts, "reason": reason}


for line in sys.stdin:
    print(json.dumps(judge(json.loads(line))))
