"""The exclusion rules there are: one module of this room each, loaded when asked for."""

from pkgutil import resolve_name

from analysis.exclusion.rule import Rule

# Name in study.json -> where its `Rule` lies. Forms and errors list them in this order.
RULES = {
    "too_fast": "analysis.exclusion.too_fast:RULE",
    "not_listened": "analysis.exclusion.not_listened:RULE",
    "incomplete": "analysis.exclusion.incomplete:RULE",
    "time_outlier": "analysis.exclusion.time_outlier:RULE",
    "duplicate": "analysis.exclusion.duplicate:RULE",
    "attention": "analysis.exclusion.attention:RULE",
    "headphones": "analysis.exclusion.headphones:RULE",
    "not_shown": "analysis.exclusion.evidence.not_shown:RULE",
    "not_played": "analysis.exclusion.evidence.not_played:RULE",
    "declared_only": "analysis.exclusion.evidence.declared_only:RULE",
    "silent": "analysis.exclusion.evidence.silent:RULE",
    "impossible": "analysis.exclusion.evidence.impossible:RULE",
}


def load_rule(name: str) -> Rule:
    """The rule of this name. Raises KeyError for a name that is not in `RULES`."""
    rule: Rule = resolve_name(RULES[name])
    return rule
