"""The brand's own log of what its rows kept out of a study, told once.

Rules: a line is written once for a study and a version of the data, by the
process of the brand that answers; it holds the study's digest, codes and columns,
never a number, a value or a person; and it is looked for only after the answer
is there, so that neither a fault nor a failure to find it changes the answer.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable

from hanse_clients.data.row_faults import RowFault
from hanse_clients.data.view import MinimalView
from hanse_clients.errors import DataError

_LOG = logging.getLogger(__name__)

MAXIMUM_STUDIES = 256
"""Studies remembered; the one told longest ago is forgotten first and may be told again."""


class LeftOutLog:
    """Tells the brand's people, once, why a study does not use some rows."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self._told: OrderedDict[str, str] = OrderedDict()

    def tell(
        self,
        view: MinimalView,
        version: str,
        faults_of: Callable[[MinimalView], tuple[RowFault, ...]],
    ) -> None:
        """Log the faults of a view that was just answered, unless that was done before.

        Args:
            view: The view.
            version: The data version of the answer.
            faults_of: Looks for them.
        """
        if self._told.get(view.study) == version:
            return
        self._told[view.study] = version
        self._told.move_to_end(view.study)
        while len(self._told) > MAXIMUM_STUDIES:
            self._told.popitem(last=False)
        try:
            faults = faults_of(view)
        except DataError as error:
            _LOG.warning("study %s: faults of rows not looked for: %s", view.study, error.code)
            return
        for fault in faults:
            _LOG.warning(
                "study %s: persons left out or rows not used: %s in column %s%s; see hanse brand "
                "check",
                view.study,
                fault.code,
                fault.column,
                " of the consent register" if fault.is_register else "",
            )
