"""Scores to verdict: what a run knows of each evaluator, whether its gates hold, and how it ends."""
