"""The verbs of the domain. Each changes rows in one transaction and tells what it did."""
