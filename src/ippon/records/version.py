"""Which ippon this is: part of what compiled suites and traces say."""

__version__ = "0.1.0"
