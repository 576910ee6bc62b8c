"""The plugs that tests may have by name."""

from ippon.adapters.cache_memory import MemoryCache

__all__ = ["MemoryCache"]
