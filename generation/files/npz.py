"""Zip files, and arrays as .npz, whose bytes depend on the content alone: no clock time, no compression's mood."""

import zipfile
from collections.abc import Mapping
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip file can hold


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    """A zip file of these files, in this order, stored without compression."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            member = zipfile.ZipInfo(name, date_time=EPOCH)
            member.external_attr = 0o644 << 16
            archive.writestr(member, data)
    return buffer.getvalue()


def npz_bytes(arrays: Mapping[str, NDArray]) -> bytes:
    """Equal arrays in equal order give equal bytes; numpy.load reads them."""
    files = {}
    for name, array in arrays.items():
        content = BytesIO()
        np.lib.format.write_array(content, np.asarray(array), allow_pickle=False)
        files[f"{name}.npy"] = content.getvalue()
    return zip_bytes(files)
