"""Is a measured row of numbers flat? Sen's slope (the median of the slopes of all pairs) of the medians of equal spans of
time, and the confidence interval of it that Kendall's statistic gives: neither minds outliers, nor how values spread."""

import math
import statistics

SPANS = 120


def spans(points):
    """[(time, value)] as medians of at most SPANS spans."""
    if len(points) <= SPANS:
        return list(points)
    first, last = points[0][0], points[-1][0]
    parts = {}
    for when, value in points:
        parts.setdefault(min(int((when - first) / (last - first) * SPANS), SPANS - 1), []).append((when, value))
    return [tuple(map(statistics.median, zip(*part))) for _, part in sorted(parts.items())]


def slope(points):
    """(slope, lower, upper) with 95 % confidence, in units of value a unit of time."""
    points = spans(points)
    count = len(points)
    if count < 4:
        raise ValueError(f"{count} points tell no slope")
    slopes = sorted((points[j][1] - points[i][1]) / (points[j][0] - points[i][0])
                    for i in range(count) for j in range(i + 1, count) if points[j][0] > points[i][0])
    spread = 1.96 * math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    low = max(round((len(slopes) - spread) / 2), 0)
    high = min(round((len(slopes) + spread) / 2), len(slopes) - 1)
    return statistics.median(slopes), slopes[low], slopes[high]


def grows(points, allowed):
    """(yes or no, growth, lower bound of it) over the whole time: yes when even the lower bound is above `allowed`."""
    middle, low, _ = slope(points)
    time = points[-1][0] - points[0][0]
    return low * time > allowed, middle * time, low * time
