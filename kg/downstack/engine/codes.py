"""Status codes of single numbers, ordered by gravity; :class:`downstack.results.Status` has the same names and order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int8]

OK, STALE, EXTRAPOLATED, INFEASIBLE, NOT_CONVERGED, MISSING_INPUT = range(6)
"""From INFEASIBLE on there is no number."""
