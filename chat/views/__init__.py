"""The agents' screen."""
