"""The paper's printed tables, and what our statistics say of them."""

from analysis.paper.findings import all_findings, write_findings
from analysis.paper.tables import paper

__all__ = ["all_findings", "paper", "write_findings"]
