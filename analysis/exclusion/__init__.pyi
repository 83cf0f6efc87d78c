from .applying import apply_rules as apply_rules
from .applying import flags as flags
from .applying import needs_sessions as needs_sessions
from .registry import RULES as RULES
from .registry import load_rule as load_rule
from .rule import Doubt as Doubt
from .rule import Rule as Rule
from .rule import Setting as Setting
