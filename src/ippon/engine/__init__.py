"""The jobs, a sentence each; the only layer that loops."""
