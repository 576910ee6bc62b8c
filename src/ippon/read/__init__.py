"""Reading: a suite file and the files that it names -> `Suite`, or every problem in them."""
