"""The domain in Django's administration: what people configure, and what the system wrote."""

from chat.admin import configuration, names, people, records, telling

__all__ = ["configuration", "names", "people", "records", "telling"]
