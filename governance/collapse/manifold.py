"""Samples beside human documents as two clouds of vectors: distance of their Gaussians, precision and recall, topics reached."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from governance.collapse.embedding import HumanCloud, group_sums, human_cloud, text_vectors
from governance.collapse.evidence import Floats, Mask, Unmeasured
from governance.collapse.sampled import LeftOut
from governance.collapse.samples import Samples, SampleSet

PROJECTED = 64
"""Dimensions in which two Gaussians are compared: a few hundred documents do not know the covariance of more."""
PROJECTION_KEY = 20210
NEIGHBOURS = 3
LEAST_DOCUMENTS = 5
"""A slice needs so many human documents for a centre of its own."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gaussian:
    """Mean and covariance."""

    mean: Floats
    spread: Floats

    def root(self) -> Floats:
        """The symmetric square root of the covariance."""
        values, directions = np.linalg.eigh(self.spread)
        return np.asarray((directions * np.sqrt(np.maximum(values, 0.0))) @ directions.T, dtype=np.float64)


def frechet(samples: SampleSet, both: Samples) -> LeftOut | Unmeasured:
    """Frechet distance of the Gaussians of the samples and of the human documents, in a fixed projection to 64 dimensions."""
    cloud, texts = human_cloud(samples, both), _texts(samples)
    if isinstance(cloud, Unmeasured):
        return cloud
    human, vectors, rest = project(cloud.vectors), project(text_vectors(samples, both)), texts.sum() - texts
    dimensions = human.shape[1]
    if min(len(human), rest.min()) <= dimensions:
        return Unmeasured(reason=f"{len(human)} human documents and {rest.min():g} texts are too few for {dimensions} dimensions")
    sums = group_sums(vectors, samples)
    products = np.stack([part.T @ part for part in (vectors[samples.groups == group] for group in range(samples.group_count))])
    whole, squares = sums.sum(axis=0), products.sum(axis=0)
    target = gaussian(human.sum(axis=0), human.T @ human, float(len(human)))
    root = target.root()
    without = [
        gaussian_distance(target, gaussian(whole - gone, squares - product, left), root)
        for gone, product, left in zip(sums, products, rest, strict=True)
    ]
    return LeftOut(value=gaussian_distance(target, gaussian(whole, squares, texts.sum()), root), without=np.array(without))


def gaussian_distance(target: Gaussian, other: Gaussian, root: Floats | None = None) -> float:
    """|m - m'|^2 + tr(C + C' - 2 (C C')^(1/2)), through the eigenvalues of the symmetric C^(1/2) C' C^(1/2)."""
    root = target.root() if root is None else root
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ other.spread @ root), 0.0)).sum()
    apart = target.mean - other.mean
    return float(apart @ apart + np.trace(target.spread) + np.trace(other.spread) - 2.0 * shared)


def gaussian(total: Floats, products: Floats, count: float) -> Gaussian:
    """Of a sum of vectors, a sum of their outer products and their number; the covariance is that with n - 1."""
    mean = total / count
    return Gaussian(mean=mean, spread=(products - count * np.outer(mean, mean)) / (count - 1.0))


def project(vectors: Floats) -> Floats:
    """The vectors in at most 64 dimensions, by fixed random signs: the 64 bits of one Philox number for each dimension that they have."""
    if vectors.shape[1] <= PROJECTED:
        return vectors
    raw = np.asarray(np.random.Philox(key=PROJECTION_KEY).random_raw(vectors.shape[1]), dtype=np.uint64)
    bits = (raw[:, None] >> np.arange(PROJECTED, dtype=np.uint64)) & np.uint64(1)
    return np.asarray(vectors @ ((2.0 * bits - 1.0) / np.sqrt(PROJECTED)), dtype=np.float64)


def precision(samples: SampleSet, both: Samples) -> LeftOut | Unmeasured:
    """Share of samples that lie as near to some human document as its third nearest human document does, or nearer."""
    cloud = _cloud_with_neighbours(samples, both)
    if isinstance(cloud, Unmeasured):
        return cloud
    distances = squared_distances(text_vectors(samples, both), cloud.vectors)
    return _share(samples, np.asarray((distances <= _human_radii(cloud)[None, :]).any(axis=1), dtype=np.bool_))


def recall(samples: SampleSet, both: Samples) -> LeftOut | Unmeasured:
    """Share of human documents that lie as near to some sample as its third nearest sample does, or nearer.

    It has no interval: when texts are left out, those that stay have wider balls and documents that one text alone reached are lost, so the
    jackknife is far too wide, and its correction with fixed balls too narrow (docs/evaluation.md has both numbers).
    """
    cloud = _cloud_with_neighbours(samples, both)
    if isinstance(cloud, Unmeasured):
        return cloud
    vectors = text_vectors(samples, both)[samples.lengths > 0]
    if len(vectors) <= NEIGHBOURS:
        return Unmeasured(reason=f"{len(vectors)} texts with words do not have {NEIGHBOURS} neighbours each")
    return LeftOut(value=float((squared_distances(cloud.vectors, vectors) <= radii(vectors)[None, :]).any(axis=1).mean()))


def radii(vectors: Floats) -> Floats:
    """The squared distance of each vector to its third nearest other one."""
    distances = squared_distances(vectors, vectors)
    np.fill_diagonal(distances, np.inf)
    return np.asarray(np.partition(distances, NEIGHBOURS - 1, axis=1)[:, NEIGHBOURS - 1], dtype=np.float64)


def squared_distances(one: Floats, other: Floats) -> Floats:
    """Squared Euclidean distances of all pairs, none below zero."""
    lengths, others = np.square(one).sum(axis=1), np.square(other).sum(axis=1)
    return np.asarray(np.maximum(lengths[:, None] + others[None, :] - 2.0 * (one @ other.T), 0.0), dtype=np.float64)


def topic_breadth(samples: SampleSet, both: Samples) -> LeftOut | Unmeasured:
    """The exponential of the entropy of the human slices that the samples lie nearest to: how many topics, equally used, they are worth."""
    cloud = human_cloud(samples, both)
    if isinstance(cloud, Unmeasured):
        return cloud
    centres = slice_centres(cloud, both.human.slices)
    if len(centres) < 2:
        return Unmeasured(reason=f"{len(centres)} slices of the human shard have {LEAST_DOCUMENTS} documents: topics need two")
    held, texts = samples.lengths > 0, _texts(samples)
    if texts.max() == texts.sum():
        return Unmeasured(reason="all texts with words are in one group of prompts")
    topics = ((text_vectors(samples, both) - cloud.vectors.mean(axis=0)) @ centres.T).argmax(axis=1)
    table = np.zeros((samples.group_count, len(centres)))
    np.add.at(table, (samples.groups[held], topics[held]), 1.0)
    whole = table.sum(axis=0)
    return LeftOut(value=float(_effective(whole)), without=_effective(whole - table))


def slice_centres(cloud: HumanCloud, slices: tuple[str, ...]) -> Floats:
    """A unit vector a slice, from the mean of all documents to the mean of the slice's; slices in order of name."""
    if not slices:
        return np.zeros((0, cloud.vectors.shape[1]))
    names = np.asarray(slices)[cloud.numbers]
    kept = [name for name in np.unique(names) if (names == name).sum() >= LEAST_DOCUMENTS]
    if not kept:
        return np.zeros((0, cloud.vectors.shape[1]))
    means = np.array([cloud.vectors[names == name].mean(axis=0) for name in kept]) - cloud.vectors.mean(axis=0)
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    return np.asarray(means / np.where(lengths > 0, lengths, 1.0), dtype=np.float64)


def _cloud_with_neighbours(samples: SampleSet, both: Samples) -> HumanCloud | Unmeasured:
    cloud = human_cloud(samples, both)
    if isinstance(cloud, HumanCloud) and len(cloud.vectors) <= NEIGHBOURS:
        return Unmeasured(reason=f"{len(cloud.vectors)} human documents do not have {NEIGHBOURS} neighbours each")
    return cloud


def _texts(samples: SampleSet) -> Floats:
    return np.bincount(samples.groups[samples.lengths > 0], minlength=samples.group_count).astype(np.float64)


def _share(samples: SampleSet, inside: Mask) -> LeftOut | Unmeasured:
    texts, held = _texts(samples), samples.lengths > 0
    said = np.bincount(samples.groups[held], inside[held], minlength=samples.group_count)
    if texts.max() == texts.sum():
        return Unmeasured(reason="all texts with words are in one group of prompts")
    return LeftOut(value=float(said.sum() / texts.sum()), without=(said.sum() - said) / (texts.sum() - texts))


def _effective(counts: Floats) -> Floats:
    share = counts / counts.sum(axis=-1, keepdims=True)
    return np.asarray(np.exp(-(share * np.log(np.where(share > 0, share, 1.0))).sum(axis=-1)), dtype=np.float64)


@lru_cache(maxsize=8)
def _human_radii(cloud: HumanCloud) -> Floats:
    return radii(cloud.vectors)
