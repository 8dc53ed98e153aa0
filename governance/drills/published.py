"""What others published about models that learn from models: the closed forms, and small worlds that are played to see whether they hold.

A closed form is a function of its arguments; the world beside it shares no arithmetic with it: it draws data, fits, and draws again.
Sources: Gerstgrasser et al. 2024 (arXiv 2404.01413), Shumailov et al. 2024 (Nature 631, 755), Suresh et al. 2024 (arXiv 2412.17646),
Feng et al. 2024 (arXiv 2406.07515), Dohmatob et al. 2024 (arXiv 2410.04840).
"""

import math

import numpy as np

from governance.adapters.ngram_lm.counts import Floats


def replaced_error(generations: int, *, noise: float, dimensions: int, rows: int) -> float:
    """Expected squared error of a linear model whose every generation learns from the last one's labels alone.

    noise^2 * d / (T - d - 1) * n (arXiv 2404.01413, Theorem 2): it grows for ever.
    """
    return noise**2 * dimensions / (rows - dimensions - 1) * generations


def accumulated_error(generations: int, *, noise: float, dimensions: int, rows: int) -> float:
    """The same where earlier labels are kept: the sum of 1 / i^2 in the place of n, so never beyond pi^2 / 6 times the first error."""
    return replaced_error(1, noise=noise, dimensions=dimensions, rows=rows) * sum(1 / i**2 for i in range(1, generations + 1))


def replaced_variance(generations: int, samples: int) -> float:
    """Expected variance of a normal distribution that is fitted to its own samples again and again: (1 - 1/n)^t by maximum likelihood."""
    return (1 - 1 / samples) ** generations


def chance_absent(probability: float, draws: int) -> float:
    """Chance that a symbol is in none of so many draws, (1 - q)^M: how the next generation loses it (Nature 631, 755)."""
    return (1 - probability) ** draws


def least_survival(count: int, generations: int) -> float:
    """Lower bound of the chance that a symbol of this count is still there, 1 - exp(-L / k) (arXiv 2412.17646)."""
    return 1 - math.exp(-count / generations)


def breakdown(keeps_right: float, keeps_wrong: float) -> float:
    """Share of wrong labels beyond which learning from what a verifier let through fails: 1 / (1 + psi / phi).

    phi and psi are the chances that a right and a wrong label are kept (arXiv 2406.07515, Theorem 4.2).
    """
    return 1 / (1 + keeps_wrong / keeps_right)


def error_floor(rows: int, *, noise: float, dimensions: int, synthetic_share: float, distance: float) -> float:
    """Error of a linear model on a mix, noise^2 d / n + p^2 c^2: more rows do not bring it under p^2 c^2 (arXiv 2410.04840, Corollary 1).

    `distance` is c, how far the synthetic labels' model is from the true one.
    """
    return noise**2 * dimensions / rows + synthetic_share**2 * distance**2


def play_regression(
    generations: int, *, noise: float, dimensions: int, rows: int, accumulate: bool, worlds: int, stream: np.random.Generator
) -> Floats:
    """Squared error of the last generation in every world: least squares on one design, labels by the generation before."""
    found = np.empty(worlds)
    for world in range(worlds):
        design = stream.normal(size=(rows, dimensions))
        weights: Floats = np.zeros(dimensions)
        labels: Floats = np.empty((0, rows))
        for _ in range(generations):
            fresh = design @ weights + noise * stream.normal(size=rows)
            labels = np.vstack([labels, fresh]) if accumulate else fresh[None, :]
            solved = np.linalg.lstsq(np.tile(design, (len(labels), 1)), labels.ravel(), rcond=None)[0]
            weights = np.asarray(solved, dtype=np.float64)
        found[world] = weights @ weights
    return found


def play_gaussian(generations: int, samples: int, worlds: int, stream: np.random.Generator) -> Floats:
    """Fitted variance (worlds x generations) of a standard normal that is fitted to its own samples, the variance over n and not n - 1."""
    mean: Floats = np.zeros(worlds)
    deviation: Floats = np.ones(worlds)
    found = np.empty((worlds, generations))
    for generation in range(generations):
        drawn = mean[:, None] + deviation[:, None] * stream.normal(size=(worlds, samples))
        mean, variance = drawn.mean(axis=1), drawn.var(axis=1)
        found[:, generation] = variance
        deviation = np.sqrt(variance)
    return found


def play_symbol(count: int, generations: int, tokens: int, worlds: int, stream: np.random.Generator) -> Floats:
    """Count of one symbol (worlds x generations) in a text of so many tokens that is drawn anew from its own frequencies."""
    held = np.full(worlds, count)
    found = np.empty((worlds, generations))
    for generation in range(generations):
        held = stream.binomial(tokens, held / tokens)
        found[:, generation] = held
    return found


def play_verifier(wrong: float, keeps_right: float, keeps_wrong: float, rows: int, stream: np.random.Generator) -> float:
    """Accuracy on fresh points of the nearest-mean classifier that learnt from verified labels of two normal clouds in 16 dimensions."""
    dimensions = 16
    direction = np.ones(dimensions) / math.sqrt(dimensions)
    truth = stream.choice([-1.0, 1.0], rows)
    points = truth[:, None] * direction + stream.normal(size=(rows, dimensions))
    is_wrong = stream.random(rows) < wrong
    kept = stream.random(rows) < np.where(is_wrong, keeps_wrong, keeps_right)
    labels = np.where(is_wrong, -truth, truth)
    weights = (labels[kept, None] * points[kept]).mean(axis=0)
    judged = stream.choice([-1.0, 1.0], rows)
    fresh = judged[:, None] * direction + stream.normal(size=(rows, dimensions))
    return float((np.sign(fresh @ weights) == judged).mean())


def play_mix(
    rows: int, *, noise: float, dimensions: int, synthetic_share: float, distance: float, worlds: int, stream: np.random.Generator
) -> Floats:
    """Squared error of least squares in every world, where a share of the labels comes from a model that is `distance` away."""
    found = np.empty(worlds)
    away = np.full(dimensions, distance / math.sqrt(dimensions))
    for world in range(worlds):
        design = stream.normal(size=(rows, dimensions))
        synthetic = np.arange(rows) < round(synthetic_share * rows)
        labels = noise * stream.normal(size=rows) + np.where(synthetic, design @ away, 0.0)
        weights = np.linalg.lstsq(design, labels, rcond=None)[0]
        found[world] = weights @ weights
    return found
