"""From a response to a score: one file a kind of evaluator, each a generator that asks for what it needs."""
