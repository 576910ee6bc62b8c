"""What ippon is measured and tested with: a scripted endpoint, floors, and the clock around whole processes."""
