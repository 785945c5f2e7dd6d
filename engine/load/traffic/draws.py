"""Random numbers addressed by name and number, not by order of asking.

A generator that is asked in turn gives transaction n a value that depends on who asked before. Here
a draw is a function: stream name and seed make a key, key and index (an arrival number, a customer,
a campaign) make 64 mixed bits. So any worker can draw any transaction's values without the others'.
The mixing function is splitmix64's finaliser (Steele, Lea, Flood: Fast splittable pseudorandom
number generators, OOPSLA 2014); the stream is the same on every machine and numpy version.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]
B8 = NDArray[np.bool_]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_UNIT = 2.0**-53


def key(*parts: int | str) -> np.uint64:
    """The key of a stream: 64 bits that depend on every part (seed, mix, name …)."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def keys(*parts: int | str, names: tuple[str, ...]) -> U64:
    """One key a name, as an array."""
    return np.array([key(*parts, name) for name in names], dtype=np.uint64)


def mixed(index: I64 | U64, stream: np.uint64 | U64) -> U64:
    """64 mixed bits for each index in a stream; shapes broadcast."""
    bits = index.astype(np.uint64) * _GOLDEN + stream
    bits ^= bits >> _S30
    bits *= _FIRST
    bits ^= bits >> _S27
    bits *= _SECOND
    bits ^= bits >> _S31
    return bits


def unit(bits: U64) -> F64:
    """Bits as numbers in [0, 1)."""
    scaled: F64 = (bits >> _S11).astype(np.float64)
    scaled *= _UNIT
    return scaled


def uniforms(index: I64 | U64, streams: U64) -> F64:
    """A row of uniform numbers for each stream: shape (streams, indices)."""
    return unit(mixed(index[None, :], streams[:, None]))


def uniform(index: I64 | U64, stream: np.uint64) -> F64:
    """Uniform numbers in [0, 1), one an index."""
    return unit(mixed(index, stream))


def normal(first: F64, second: F64) -> F64:
    """Standard normal numbers from two independent uniform ones (Box and Muller, 1958)."""
    radius = np.sqrt(-2.0 * np.log1p(-first))
    value: F64 = radius * np.cos(2.0 * np.pi * second)
    return value


def exponential(first: F64, mean: F64 | float) -> F64:
    """Exponential numbers of this mean from uniform ones."""
    value: F64 = -np.log1p(-first) * mean
    return value


def pick(bits: U64, count: I64 | int) -> I64:
    """A whole number in [0, count) from mixed bits."""
    chosen: I64 = (unit(bits) * count).astype(np.int64)
    return chosen
