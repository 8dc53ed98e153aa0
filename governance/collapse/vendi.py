"""The Vendi score: how many wholly different texts a set is worth."""

import numpy as np

from governance.collapse.embedding import group_sums, text_vectors
from governance.collapse.evidence import Floats, Unmeasured
from governance.collapse.sampled import LeftOut
from governance.collapse.samples import Samples, SampleSet

SMALLEST = 1e-15
"""Eigenvalues below it are rounding: they add nothing to the entropy."""


def vendi(samples: SampleSet, both: Samples) -> LeftOut | Unmeasured:
    """The Vendi score of the texts that hold a word, with the cosine kernel; without each group to first order.

    The entropy of the kernel is the mean, over the texts, of -x' ln(R) x, where R is the mean of x x'; this is also its influence function
    (Jaeckel 1972), so leaving texts out of that mean is leaving them out of the entropy, but for terms of second order.
    """
    vectors, held = text_vectors(samples, both), samples.lengths > 0
    texts = np.bincount(samples.groups[held], minlength=samples.group_count).astype(np.float64)
    rest = texts.sum() - texts
    if rest.min() < 2:
        return Unmeasured(reason="fewer than two texts with words are left without one group of prompts")
    values, directions = np.linalg.eigh(vectors.T @ vectors / texts.sum())
    surprise = -np.square(vectors @ directions) @ np.log(np.maximum(values, SMALLEST))
    sums = group_sums(surprise[:, None], samples)[:, 0]
    return LeftOut(value=float(np.exp(sums.sum() / texts.sum())), without=np.exp((sums.sum() - sums) / rest))


def vendi_score(vectors: Floats) -> float:
    """The score of n unit vectors in d dimensions, from the eigenvalues of the smaller of the n x n and the d x d matrix."""
    texts, dimensions = vectors.shape
    kernel = vectors @ vectors.T if texts < dimensions else vectors.T @ vectors
    return kernel_score(kernel / texts)


def kernel_score(kernel: Floats) -> float:
    """The exponential of the entropy of the eigenvalues of a symmetric matrix of trace 1."""
    values = np.linalg.eigvalsh(kernel)
    values = values[values > SMALLEST]
    return float(np.exp(-(values @ np.log(values))))
