"""Whether counsel signed an opinion: the same bytes, verified with the charter's key.

Rules: pure; an opinion in a policy counts only with counsel's own signature, whoever signed
the policy; where the charter names no key for counsel, nothing counts.
"""

from __future__ import annotations

import base64
from functools import lru_cache

from hanse_policies.canonical import canonical_json
from hanse_policies.documents import CounselOpinion, SignedOpinion
from hanse_policies.errors import CanonicalFormError, SignatureError
from hanse_policies.signing import Envelope, Signature, open_envelope, payload_type

KEPT_OPINIONS = 64


def is_signed_by(signed: SignedOpinion, counsel_key: str | None) -> bool:
    """Tell whether an opinion bears counsel's signature.

    Args:
        signed: The opinion with its signature.
        counsel_key: Counsel's public key, as the charter names it; None for none.
    """
    return counsel_key is not None and _is_signed(signed, counsel_key)


@lru_cache(maxsize=KEPT_OPINIONS)
def _is_signed(signed: SignedOpinion, counsel_key: str) -> bool:
    try:
        envelope = Envelope(
            payload=canonical_json(signed.opinion),
            payload_type=payload_type(CounselOpinion),
            signatures=(Signature(counsel_key, base64.b64decode(signed.signature)),),
        )
        open_envelope(envelope, CounselOpinion, counsel_key)
    except (CanonicalFormError, SignatureError):
        return False
    return True
