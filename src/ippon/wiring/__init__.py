"""The only place that knows which plug stands behind which socket."""
