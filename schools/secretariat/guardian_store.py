"""SQL of guardians and of what each may know. Inside a school."""

from datetime import date

from app.database import Tx
from schools.secretariat.model import GuardianDraft, RightFile


async def right_file(tx: Tx, right_id: int, *, lock: bool = False) -> RightFile | None:
    """A right with its guardian and its pupil. `lock`: both rows until COMMIT."""
    return await tx.maybe(
        RightFile,
        "SELECT r.id, g.id AS guardian_id, g.account_id, g.first_name, g.last_name, g.email, g.phone, g.rev,"
        " r.pupil_id, p.first_name || ' ' || p.last_name AS pupil, r.kind, lower(r.during) AS since,"
        " upper(r.during) AS until, (SELECT count(DISTINCT o.pupil_id) FROM guardianship o"
        "  WHERE o.guardian_id = g.id AND o.during @> school_today())::int AS children"
        " FROM guardianship r JOIN guardian g ON g.id = r.guardian_id JOIN pupil p ON p.id = r.pupil_id"
        f" WHERE r.id = $1{' FOR UPDATE OF r, g' if lock else ''}",
        right_id,
    )


async def overlaps(tx: Tx, right: RightFile, since: date | None, until: date | None) -> bool:
    """Whether another right of the two holds on one of these days. `until`: the first day without it."""
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM guardianship WHERE guardian_id = $1 AND pupil_id = $2 AND id <> $3"
            " AND during && daterange($4::date, $5::date))",
            right.guardian_id,
            right.pupil_id,
            right.id,
            since,
            until,
        )
    )


async def change_guardian(tx: Tx, guardian_id: int, draft: GuardianDraft, rev: int) -> bool:
    """False: somebody was faster."""
    done = await tx.execute(
        "UPDATE guardian SET first_name = $2, last_name = $3, email = $4, phone = $5, rev = rev + 1"
        " WHERE id = $1 AND rev = $6",
        guardian_id,
        draft.first_name,
        draft.last_name,
        draft.email,
        draft.phone,
        rev,
    )
    return done == "UPDATE 1"


async def change_right(tx: Tx, right_id: int, kind: str, since: date | None, until: date | None) -> None:
    """`until`: the first day without it; None takes an end back."""
    await tx.execute(
        "UPDATE guardianship SET kind = $2, during = daterange($3::date, $4::date) WHERE id = $1",
        right_id,
        kind,
        since,
        until,
    )
