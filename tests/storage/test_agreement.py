"""All caches under random puts, expiries, evictions, crashes and reopenings: a miss is always allowed, a lie never.

Properties 3 to 5: what is read is what was last written under the key, as the port says which of two that is; nothing
that is too old; and nothing that was never acknowledged. Where nobody evicts, what was acknowledged is there.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from ippon.records.expiry import is_expired
from ippon.records.kept import Entry
from tests.storage.caches import CACHES

KEYS = [bytes([n]) * 32 for n in range(6)]
TEXT = st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(
    ["", "NUL \0", "\u202e", "\ud7ff", "\U0010ffff"]
)
NUMBER = st.none() | st.floats(0, 1) | st.sampled_from([-0.0, 5e-324, 1e308, 1.0, 2.0**53])
DAY_S = 86_400.0
ENTRIES = st.builds(
    Entry,
    key=st.sampled_from(KEYS),
    kind=st.sampled_from(["call", "score", "response"]),
    created_at=st.just(0.0),
    body=st.binary(max_size=40),
    score=NUMBER,
    label=st.none() | TEXT,
    reason=st.none() | TEXT,
    failure=st.sampled_from([None, None, "unparsed", "input_too_long"]),
    evaluator=st.none() | TEXT,
    model=st.none() | TEXT,
    cost_usd=NUMBER,
    seconds=NUMBER,
)


class Agreement(RuleBasedStateMachine):
    """One cache beside what it may say: the `allowed` entries of each key, of which there is one where it is `sure`."""

    name = "memory"

    @initialize()
    def build(self):
        self.folder = tempfile.TemporaryDirectory()
        self.kept = CACHES[self.name](Path(self.folder.name))
        self.allowed: dict[bytes, list[Entry]] = {}
        self.sure: set[bytes] = set()
        self.now, self.ttl_s = 1_000.0, None

    @rule(entries=st.lists(ENTRIES, min_size=1, max_size=4))
    def puts(self, entries):
        made = [msgspec.structs.replace(each, created_at=self.now) for each in entries]
        self.kept.cache.write(made)
        for each in sorted(made, key=lambda each: each.failure is None):  # of one write, too, a success wins
            self.notes(each)

    def notes(self, entry: Entry) -> None:
        """Know what was put: a failure does not replace a success, but that may have been evicted."""
        held = self.allowed.get(entry.key, [])
        is_behind = entry.failure is not None and any(each.failure is None for each in held)
        if not is_behind:
            self.allowed[entry.key] = [entry]
            self.sure.add(entry.key)
        elif entry.key not in self.sure:
            held.append(entry)

    @rule(seconds=st.floats(0, 8 * DAY_S) | st.sampled_from([0.0, 7 * DAY_S, 1e-6]))
    def time_passes(self, seconds):
        self.now += seconds

    @rule(ttl_s=st.none() | st.floats(1, 30 * DAY_S))
    def its_time_to_live_changes(self, ttl_s):
        self.kept.cache.ttl_s = self.ttl_s = ttl_s

    @rule()
    def is_reopened(self):
        self.kept.reopen()

    @rule()
    def crashes(self):
        self.kept.crash()

    @rule()
    def makes_room(self):
        self.kept.evict()
        self.sure.clear()

    @invariant()
    def tells_no_lie(self):
        if not hasattr(self, "kept"):
            return
        found = self.kept.cache.read(KEYS, now=self.now)
        valid = {key: [its for its in all_of_it if self.is_valid(its)] for key, all_of_it in self.allowed.items()}
        assert all(each in valid[key] for key, each in found.items())
        assert {key for key in self.sure if valid[key]} <= found.keys()

    def is_valid(self, entry: Entry) -> bool:
        """Whether it is young enough."""
        return not is_expired(entry, self.ttl_s, now=self.now)

    def teardown(self):
        if hasattr(self, "kept"):
            self.kept.close()
            self.folder.cleanup()


@pytest.mark.parametrize("name", CACHES)
def test_it_tells_no_lie(name):
    """Whatever happens to it."""
    machine = type(f"Agreement of {name}", (Agreement,), {"name": name})
    run_state_machine_as_test(machine, settings=settings(max_examples=40, stateful_step_count=25, deadline=None))
