"""For every test: properties are searched without a deadline, which a shared machine would miss."""

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
