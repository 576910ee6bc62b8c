"""Plan to outcomes: when each request is sent, and what happens when it fails."""
