"""Read MARGA_CONFIG strictly: every fault is named with its line and path. Pure: text in, values out.

```yaml
providers:
  - name: openai
    kind: openai
    api_key_env: OPENAI_API_KEY
    models:
      - name: gpt-5-mini
        tier: mid
        input_usd_per_mtok: 0.25
        output_usd_per_mtok: 2
policies:
  - name: thrifty
    tiers: {mid: 0.5}
```
"""

from __future__ import annotations

from marga.configfile.document import (
    DEFAULT_BASE_URLS,
    CredentialEntry,
    Document,
    ModelEntry,
    PolicyEntry,
    ProviderEntry,
    parse,
    url_problem,
)
from marga.configfile.reader import Fault, WrongConfig

__all__ = [
    "DEFAULT_BASE_URLS",
    "CredentialEntry",
    "Document",
    "Fault",
    "ModelEntry",
    "PolicyEntry",
    "ProviderEntry",
    "WrongConfig",
    "parse",
    "url_problem",
]
