"""The tests; they use the product through its public surfaces."""
