"""The nouns: frozen records, no I/O."""
