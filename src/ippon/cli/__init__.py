"""The command line: flags to `Options`, verbs to `ippon.api`, records to the screen."""
