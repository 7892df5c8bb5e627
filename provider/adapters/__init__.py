"""One provider a file; each public module holds exactly one Adapter and is found by itself."""
