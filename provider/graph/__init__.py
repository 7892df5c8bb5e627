"""What Messenger and Instagram share: one shape of webhook, one call to send, one list of errors.

Adapters do not lean on each other; both lean on this.
"""
