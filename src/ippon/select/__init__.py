"""Suite to plan: what a tier takes of it, why, and in which order."""
