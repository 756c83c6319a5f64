# SPDX-License-Identifier: GPL-2.0
"""What Python's own ways to access memory do to registers: measured, and compared with the table of a page.

accesses.py LIBRARY [PAGE]: LIBRARY is built of accesses.c. Without PAGE it prints the lines of the table.
"""
import ctypes
import mmap
import os
import struct
import sys

TUNABLES = "glibc.cpu.hwcaps=-AVX512VL,-AVX512BW,-AVX512F"
SIZE = 4096
VALUE = 0x11223344


class Access(ctypes.Structure):
    """struct access"""
    _fields_ = [("offset", ctypes.c_uint32), ("is_write", ctypes.c_uint32), ("value", ctypes.c_uint64)]


class Bits(ctypes.Structure):
    """A register with fields."""
    _fields_ = [("low", ctypes.c_uint32, 4), ("high", ctypes.c_uint32, 28)]


class Words(ctypes.Structure):
    """A register, and another."""
    _fields_ = [("first", ctypes.c_uint32), ("second", ctypes.c_uint32)]


# Each makes, of a mapping, what does the access. The key is what the table has.
WAYS = {
    'struct.pack_into("<I", m, 0, v)': lambda m: lambda: struct.pack_into("<I", m, 0, VALUE),
    'struct.pack_into("<Q", m, 0, v)': lambda m: lambda: struct.pack_into("<Q", m, 0, VALUE),
    'struct.unpack_from("<I", m, 0)': lambda m: lambda: struct.unpack_from("<I", m, 0),
    'struct.unpack_from("<Q", m, 0)': lambda m: lambda: struct.unpack_from("<Q", m, 0),
    'm[0:4] = bytes': lambda m: lambda: m.__setitem__(slice(0, 4), struct.pack("<I", VALUE)),
    'm[0:8] = bytes': lambda m: lambda: m.__setitem__(slice(0, 8), struct.pack("<Q", VALUE)),
    'm[0:4]': lambda m: lambda: m[0:4],
    'm[0:8]': lambda m: lambda: m[0:8],
    'm.seek(0); m.write(bytes)': lambda m: lambda: (m.seek(0), m.write(struct.pack("<I", VALUE))),
    'm[0] = byte': lambda m: lambda: m.__setitem__(0, 0x44),
    'm[0]': lambda m: lambda: m[0],
    'c_uint32.from_buffer(m).value = v': lambda m, r=ctypes.c_uint32: (
        lambda register: lambda: setattr(register, "value", VALUE))(r.from_buffer(m)),
    'c_uint32.from_buffer(m).value': lambda m, r=ctypes.c_uint32: (
        lambda register: lambda: register.value)(r.from_buffer(m)),
    '(c_uint32 * n).from_buffer(m)[0] = v': lambda m, r=ctypes.c_uint32 * 4: (
        lambda array: lambda: array.__setitem__(0, VALUE))(r.from_buffer(m)),
    'a field of a Structure = v': lambda m: (
        lambda words: lambda: setattr(words, "first", VALUE))(Words.from_buffer(m)),
    'a bit field of a Structure = v': lambda m: (
        lambda bits: lambda: setattr(bits, "high", VALUE >> 4))(Bits.from_buffer(m)),
    'memoryview(m).cast("I")[0] = v': lambda m: (
        lambda view: lambda: view.__setitem__(0, VALUE))(memoryview(m).cast("I")),
    'memoryview(m).cast("I")[0]': lambda m: (lambda view: lambda: view[0])(memoryview(m).cast("I")),
    'memoryview(m).cast("Q")[0] = v': lambda m: (
        lambda view: lambda: view.__setitem__(0, VALUE))(memoryview(m).cast("Q")),
    'memoryview(m).cast("Q")[0]': lambda m: (lambda view: lambda: view[0])(memoryview(m).cast("Q")),
}


def measure(library, way):
    """The accesses of one way, in words: "1 read, 2 writes (0, v)"."""
    memory = mmap.mmap(-1, SIZE)
    memory[:] = bytes(SIZE)
    run = way(memory)
    run()  # what happens the first time alone is not the access
    memory[:8] = b"\xff" * 8
    base = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    found = (Access * 1024)()
    library.watch(ctypes.c_void_p(base), SIZE, found)
    run()
    count = library.unwatch()
    text = []
    accesses = found[:count]
    reads = [access for access in accesses if not access.is_write]
    writes = [access for access in accesses if access.is_write]
    if reads:
        text.append(f"{len(reads)} read{'s' * (len(reads) > 1)}")
    if writes:
        values = ", ".join("0" if access.value & 0xff == 0 else "v" for access in writes)
        text.append(f"{len(writes)} write{'s' * (len(writes) > 1)} ({values})")
    return ", ".join(text)


def main():
    """Compare, or print."""
    # how many stores of zeros memset() makes depends on the processor: here, of one without AVX-512
    if os.environ.get("GLIBC_TUNABLES") != TUNABLES:
        os.environ["GLIBC_TUNABLES"] = TUNABLES
        os.execv(sys.executable, [sys.executable, "-B", *sys.argv])
    library = ctypes.CDLL(sys.argv[1])
    library.unwatch.restype = ctypes.c_size_t
    lines = [f"| `{name}` | {measure(library, way)} |" for name, way in WAYS.items()]
    if len(sys.argv) < 3:
        print("\n".join(lines))
        return
    with open(sys.argv[2], encoding="utf-8") as file:
        page = file.read().splitlines()
    wrong = [line for line in lines if line not in page]
    for line in wrong:
        print(f"FAILED: measured, and not in {sys.argv[2]}:\n{line}")
    print(f"{len(lines) - len(wrong)} of {len(lines)} lines are as measured")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
