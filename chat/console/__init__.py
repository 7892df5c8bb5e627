"""The console: what supervisors configure in the browser."""
