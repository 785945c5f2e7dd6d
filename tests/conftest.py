"""For every test: properties are searched without a deadline, which a shared machine would miss.

The gate (CI=true) tries the same examples every time, so that the same tree comes to the same end;
everybody else's runs look for new ones.
"""

import os

from hypothesis import settings

EXAMPLES = 60

settings.register_profile("explore", deadline=None, max_examples=EXAMPLES)
settings.register_profile("gate", settings.get_profile("explore"), derandomize=True)
settings.load_profile("gate" if os.environ.get("CI") == "true" else "explore")
