"""Small .npy files from a fixed generator: float32, C order, version 1.0.

The generator is a 64-bit linear congruential one (Knuth's MMIX constants), so
that every machine makes the same bytes without numpy.
"""
import struct


class Generator:
    def __init__(self, seed):
        self.state = (seed * 2654435761 + 1) % 2**64

    def uniform(self):
        """In [-1, 1), 24 bits: exact in float32."""
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 40) / 2.0**23 - 1.0


def write_npy(path, shape, values):
    text = "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }" % "".join(
        "%d, " % extent for extent in shape)
    text += " " * (-(len(text) + 11) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode())
        file.write(struct.pack("<%df" % len(values), *values))


def random_npy(path, shape, seed):
    generator = Generator(seed)
    count = 1
    for extent in shape:
        count *= extent
    write_npy(path, shape, [2.0 * generator.uniform() for _ in range(count)])
