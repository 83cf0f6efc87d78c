"""Kinds of trials: how each is planned, answered and scored."""

from studyserver.studies.sitting.kinds.attention import plan_attention
from studyserver.studies.sitting.kinds.practice import finish_practice, plan_practice, repeat_practice

__all__ = [
    "finish_practice",
    "plan_attention",
    "plan_practice",
    "repeat_practice",
]
