"""Errors of the analysis package.

AnalysisError                 anything a researcher can put right; the message is one line that says what and how
├── ResponsesError            responses.csv or study.json does not hold what it must
├── EmbeddingsError           embeddings.npz does not hold what it must
└── MetricError               a metric was asked of arrays it is not defined on
    └── NotComparableError    values of different spaces or definitions were about to share a column
"""


class AnalysisError(ValueError):
    """Base of every error that this package raises on purpose."""


class ResponsesError(AnalysisError):
    """responses.csv or study.json: missing column, unknown category, contradicting rows."""


class EmbeddingsError(AnalysisError):
    """embeddings.npz: missing key, wrong shape, NaN, zero vector, unknown partner."""


class MetricError(AnalysisError):
    """A metric was asked of arrays it is not defined on."""


class NotComparableError(MetricError):
    """Values of different spaces or definitions must not share a column."""
