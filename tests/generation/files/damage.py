"""Files with some bytes changed."""

import io

from generation.errors import MediaFileError


def refuse_damaged(files, readers, chosen, *, rounds=300):
    """Change some bytes of one of `files` (bytes) in each round; the reasons that `readers` gave where they refused."""
    reasons = []
    for _ in range(rounds):
        data = chosen.choice(files)
        damaged = bytearray(data)
        for _ in range(chosen.choice([1, 3, 20])):
            damaged[chosen.randrange(min(len(damaged), chosen.choice([40, 200, len(damaged)])))] = chosen.randrange(256)
        for read in readers:
            try:
                read(io.BytesIO(bytes(damaged)))
            except MediaFileError as error:
                reasons.append(str(error))
    return reasons
