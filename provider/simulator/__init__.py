"""The simulated phone of the demo: a page that plays the customer at the bundled sandbox."""
