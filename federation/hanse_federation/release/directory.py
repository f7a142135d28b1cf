"""A release as a folder: written whole, read only when nothing about it is amiss.

    release.dsse.json   signed by the operator: the card, and the SHA-256 of each file
    card.json           the card alone, canonical, for people and tools
    model.safetensors   the parameters, where a model was trained

Rules: a release appears in one step or not at all, and is never replaced; it is
known by the SHA-256 of its signed payload; whoever reads one gets it only if the
pinned operator signed it, every file is as signed, no file is missing or extra,
the parameters are those of the card's model, and its retention has not ended.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Literal

import safetensors.numpy
from pydantic import Field, StringConstraints
from safetensors import SafetensorError

from hanse_federation.desk import ReleaseEntry, ReleaseFile
from hanse_federation.errors import (
    ModelParametersError,
    ReleaseCardError,
    ReleaseExistsError,
    ReleaseExpiredError,
    ReleaseFilesError,
    ReleaseTamperedError,
)
from hanse_federation.messages import Parameters, Tensor
from hanse_federation.model import check_parameters, input_width, parameter_shapes
from hanse_federation.release.card import ReleaseCard
from hanse_federation.release.recipients import is_recipient
from hanse_policies.canonical import canonical_json
from hanse_policies.documents import BrandId, StrictModel, TrainModel
from hanse_policies.documents.base import Digest
from hanse_policies.durable_files import sync_folder, write_new
from hanse_policies.errors import DocumentFileError, SignatureError
from hanse_policies.signing import Envelope, SigningKey, open_envelope

SIGNED_FILE: Final = "release.dsse.json"
CARD_FILE: Final = "card.json"
MODEL_FILE: Final = "model.safetensors"
FILE_NAMES: Final = (SIGNED_FILE, CARD_FILE, MODEL_FILE)
MAXIMUM_FILE_BYTES: Final = 256 * 1024 * 1024


class FileEntry(StrictModel):
    """One file of a release, as signed."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z]+(\.[a-z]+)+$", max_length=64)]
    sha256: Digest
    size: Annotated[int, Field(ge=1, le=MAXIMUM_FILE_BYTES)]


class SignedRelease(StrictModel):
    """What the operator signs: the card and the digest of every file."""

    kind: Literal["Release"] = "Release"
    card: ReleaseCard
    files: tuple[FileEntry, ...] = Field(min_length=1, max_length=8)


@dataclass(frozen=True, slots=True)
class Release:
    """A release that has been verified.

    Attributes:
        digest: SHA-256 of the signed payload.
        card: What it is.
        parameters: The model, or None where a measurement was released.
    """

    digest: str
    card: ReleaseCard
    parameters: Parameters | None


def write_release(
    directory: Path, card: ReleaseCard, parameters: Parameters | None, signing_key: SigningKey
) -> Release:
    """Write a release to a new folder, in one step.

    Args:
        directory: Where; must not exist, its parent must.
        card: What is released.
        parameters: The model's parameters for a study that trains, else None.
        signing_key: The operator's key.

    Raises:
        ReleaseExistsError: Something lies at `directory`.
        ReleaseCardError: Card and parameters do not go together.
        ModelParametersError: The parameters are not those of the card's model.
        DocumentFileError: The folder cannot be written; nothing is left behind.
    """
    contents = {CARD_FILE: canonical_json(card)}
    if isinstance(card.computation, TrainModel) != (parameters is not None):
        raise ReleaseCardError(
            "expected parameters with a model and none with a measurement, got the contrary"
        )
    if isinstance(card.computation, TrainModel) and parameters is not None:
        check_parameters(card.computation, input_width(card.computation.features), parameters)
        contents[MODEL_FILE] = safetensors.numpy.save({t.name: t.values for t in parameters})
    entries = tuple(
        FileEntry(name=name, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
        for name, data in sorted(contents.items())
    )
    envelope = signing_key.sign(SignedRelease(card=card, files=entries))
    _write_folder(directory, {**contents, SIGNED_FILE: envelope.to_json()})
    return Release(envelope.payload_digest, card, parameters)


def read_release(directory: Path, operator_key: str, now: datetime) -> Release:
    """Read and verify a release for use.

    Args:
        directory: The release's folder; hostile.
        operator_key: The pinned operator's public signing key.
        now: When it is to be used.

    Raises:
        ReleaseFilesError: The folder holds other files than the signature lists.
        ReleaseTamperedError: Signature, digest or content is not as it must be.
        ReleaseExpiredError: Its retention has ended.
    """
    return _verify(_read_folder(directory), operator_key, now)


def receive_release(
    directory: Path,
    files: Iterable[ReleaseFile],
    operator_key: str,
    now: datetime,
    *,
    expected: ReleaseEntry,
    brand: BrandId,
) -> Release:
    """Verify a release that came over the link and only then write it to a new folder.

    Args:
        directory: Where; must not exist, its parent must.
        files: The files as received; hostile.
        operator_key: The pinned operator's public signing key.
        now: When it is received.
        expected: What was asked for.
        brand: Who asked.

    Raises:
        ReleaseExistsError: Something lies at `directory`.
        ReleaseFilesError: Files are missing, extra, repeated or too large.
        ReleaseTamperedError: Signature, digest or content is not as it must be, or it is
            another release, or not for this brand.
        ReleaseExpiredError: Its retention has ended.
        DocumentFileError: The folder cannot be written; nothing is left behind.
    """
    contents: dict[str, bytes] = {}
    for file in files:
        if file.name not in FILE_NAMES or file.name in contents:
            raise ReleaseFilesError(
                f"expected each of {', '.join(FILE_NAMES)} at most once, got {file.name[:64]}"
            )
        _check_size(file.name, len(file.content))
        contents[file.name] = file.content
    release = _verify(contents, operator_key, now)
    got = ReleaseEntry(release.digest, release.card.study, release.card.study_id)
    if got != expected or not is_recipient(brand, release.card.recipients):
        raise ReleaseTamperedError(
            f"expected release {expected.digest[:12]} of study {expected.study_id} for {brand}, "
            "got another one; the operator's server hands out what was not asked for"
        )
    _write_folder(directory, contents)
    return release


def release_files(directory: Path) -> tuple[ReleaseFile, ...]:
    """List the files of a release for sending, the signed one first; nothing is verified.

    Raises:
        ReleaseFilesError: The folder is missing or holds something else.
    """
    contents = _read_folder(directory)
    return tuple(ReleaseFile(name, contents[name]) for name in FILE_NAMES if name in contents)


def _verify(contents: Mapping[str, bytes], operator_key: str, now: datetime) -> Release:
    if SIGNED_FILE not in contents:
        raise ReleaseFilesError(f"expected a release with {SIGNED_FILE}, got none")
    try:
        envelope = Envelope.from_json(contents[SIGNED_FILE])
        signed = open_envelope(envelope, SignedRelease, operator_key)
    except SignatureError as error:
        raise ReleaseTamperedError(
            "expected a release signed by the alliance's operator, got another signature or "
            "changed content; fetch it again"
        ) from error
    _check_files(signed, contents)
    if contents.get(CARD_FILE) != canonical_json(signed.card):
        raise ReleaseTamperedError(
            f"expected {CARD_FILE} to be the signed card, got another; fetch it again"
        )
    parameters = _parameters(signed.card, contents.get(MODEL_FILE))
    _check_retention(signed.card, now)
    return Release(envelope.payload_digest, signed.card, parameters)


def _check_files(signed: SignedRelease, contents: Mapping[str, bytes]) -> None:
    listed = {entry.name for entry in signed.files} | {SIGNED_FILE}
    if len(listed) != len(signed.files) + 1 or listed != set(contents):
        wrong = sorted(listed ^ set(contents)) or sorted(listed)
        raise ReleaseFilesError(
            f"expected exactly the files {', '.join(sorted(listed))}, got missing, extra or "
            f"doubled ones: {', '.join(wrong)}"
        )
    for entry in signed.files:
        data = contents[entry.name]
        if len(data) != entry.size or hashlib.sha256(data).hexdigest() != entry.sha256:
            raise ReleaseTamperedError(
                f"expected {entry.name} as it was signed, got other content; fetch it again"
            )


def _parameters(card: ReleaseCard, data: bytes | None) -> Parameters | None:
    computation = card.computation
    if not isinstance(computation, TrainModel):
        if data is not None:
            raise ReleaseFilesError(f"expected no {MODEL_FILE} with a measurement, got one")
        return None
    if data is None:
        raise ReleaseFilesError(f"expected {MODEL_FILE} with a model, got none")
    width = input_width(computation.features)
    try:
        arrays = safetensors.numpy.load(data)
        parameters = tuple(
            Tensor(shape.name, arrays.pop(shape.name))
            for shape in parameter_shapes(computation, width)
        )
        check_parameters(computation, width, parameters)
    except (SafetensorError, KeyError, ValueError, TypeError, ModelParametersError) as error:
        raise ReleaseTamperedError(
            f"expected {MODEL_FILE} to hold the card's model in finite numbers, got something else"
        ) from error
    if arrays:
        raise ReleaseTamperedError(
            f"expected only the card's model in {MODEL_FILE}, got {len(arrays)} more arrays"
        )
    return parameters


def _check_retention(card: ReleaseCard, now: datetime) -> None:
    if now >= card.retention_until:
        ended = card.retention_until.astimezone(UTC).isoformat(timespec="seconds")
        raise ReleaseExpiredError(
            f"expected release {card.id} to be used before its retention ended at {ended}, got a "
            "later use; delete it, and propose the study anew if it is still needed",
            retention_until=card.retention_until,
        )


def _read_folder(directory: Path) -> dict[str, bytes]:
    try:
        names = sorted(entry.name for entry in os.scandir(directory))
        extra = [name for name in names if name not in FILE_NAMES]
        if extra:
            raise ReleaseFilesError(
                f"expected only {', '.join(FILE_NAMES)} in a release, got {len(extra)} other files"
            )
        return {name: _read_file(directory / name) for name in names}
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise ReleaseFilesError(
            f"expected a release in folder {directory.name}, got one that cannot be read: {reason}"
        ) from error


def _read_file(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ReleaseFilesError(f"expected {path.name} to be a regular file, got another thing")
        _check_size(path.name, status.st_size)
        return file.read(MAXIMUM_FILE_BYTES + 1)


def _check_size(name: str, size: int) -> None:
    if size > MAXIMUM_FILE_BYTES:
        raise ReleaseFilesError(
            f"expected {name} of at most {MAXIMUM_FILE_BYTES} bytes, got {size}"
        )


def _write_folder(directory: Path, contents: Mapping[str, bytes]) -> None:
    # A rename replaces an empty folder without a word, so look first.
    if directory.exists() or directory.is_symlink():
        raise ReleaseExistsError(
            f"expected nothing at {directory.name}, got something; a release is never replaced"
        )
    partial: Path | None = None
    try:
        partial = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
        for name, data in contents.items():
            write_new(partial / name, data)
        partial.rename(directory)
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise DocumentFileError(f"cannot write release {directory.name}: {reason}") from error
    finally:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)
    sync_folder(directory.parent)
