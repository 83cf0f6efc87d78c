"""E-values: evidence against guessing that may be looked at at any time, and when studies can stop by it."""

from analysis.evalues.evidence import THETAS, log_e_value, log_e_values, log_evidence
from analysis.evalues.renaming import AnsweredBoard
from analysis.evalues.stopping import HORIZON, Stopping, log_evidence_of_picks, plan_stopping

__all__ = [
    "HORIZON",
    "THETAS",
    "AnsweredBoard",
    "Stopping",
    "log_e_value",
    "log_e_values",
    "log_evidence",
    "log_evidence_of_picks",
    "plan_stopping",
]
