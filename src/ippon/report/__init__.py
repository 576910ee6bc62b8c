"""A run to what people and programs see of it: pure functions from records to lines and JSON objects."""
