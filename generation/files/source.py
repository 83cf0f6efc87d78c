"""What a file is read from."""

import os
from typing import BinaryIO

Source = str | os.PathLike[str] | BinaryIO
