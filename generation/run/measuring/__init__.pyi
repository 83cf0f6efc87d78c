from .embeddings import embed_set as embed_set
from .embeddings import open_space as open_space
from .metrics import compute_metrics as compute_metrics
