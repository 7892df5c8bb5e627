"""What provider does: webhooks, sends, tokens."""
