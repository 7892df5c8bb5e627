"""Static files with hashed names, also for the modules that modules import."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # it has no types
    """Without this an imported module keeps its name, and browsers an old copy of it."""

    support_js_module_import_aggregation = True
