"""The mathematics, pure: intervals of a finite suite."""

from ippon.stats.intervals import Interval, finite_mean, population_mean, weighted, with_known, with_missing

__all__ = ["Interval", "finite_mean", "population_mean", "weighted", "with_known", "with_missing"]
