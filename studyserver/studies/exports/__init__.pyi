from .export import export_study as export_study
from .export import look_at as look_at
from .parquet import write_parquet as write_parquet
from .psych_ds import arrange_psych_ds as arrange_psych_ds
from .report import build_report as build_report
