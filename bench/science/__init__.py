"""The statistics measured on real outcomes: our methods beside the simple ones."""
