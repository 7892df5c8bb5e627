"""REST, `/api/v1/`: the same rules as the screens, as JSON."""
