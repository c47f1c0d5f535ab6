"""The first question: what the explorer opens with, and what the README asks."""

from __future__ import annotations

import json
from typing import Final

QUERY: Final = """\
# HBM bandwidth of the H200 x1.4: what happens to decode speed, to dollars per million
# output tokens on each cloud, to the sessions and to the context an agent can hold?
# Press the triangle; the variables are below.
query Question($changes: [ChangeInput!]!, $targets: [ID!], $where: WhereInput) {
  impact(changes: $changes, targets: $targets, where: $where) {
    graphVersion
    changes
    effects(first: 20) {
      totalCount
      nodes {
        quantity { id }
        key { model offering workload framework }
        base
        scenario
        ratio
        unit
        status
        reason
        regime { quantity base scenario switchAt switches }
        trace {
          function { formula citation }
          facts {
            entity { slug }
            quantity { id }
            literal
            literalUnit
            asOf
            source { title locator }
          }
        }
      }
    }
    byLayer { layer { label } effects infeasible missing }
    qualitative {
      target
      sign
      influences { mechanism source { title } }
    }
    notReached { quantity reason }
  }
}
"""

VARIABLES: Final = {
    "changes": [{"entity": "nvidia-h200-sxm", "quantity": "memory_bandwidth", "op": "SCALE", "value": 1.4}],
    "targets": [
        "decode_tokens_per_second",
        "cost_per_million_output_tokens",
        "max_concurrent_sequences",
        "max_context_length",
    ],
    "where": {"model": ["llama-3.1-70b"], "workload": ["codex-swebenchpro"]},
}


def question_query() -> str:
    """Return the query as a file of its own."""
    return QUERY


def question_body() -> str:
    """Return query and variables as the body of an HTTP request."""
    return json.dumps({"query": QUERY, "variables": VARIABLES}, indent=2) + "\n"
