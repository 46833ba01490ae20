"""SQL that makes the demonstration's people believable. Inside a school."""

from app.database import Tx


async def fill_in(tx: Tx) -> None:
    """Telephones of nobody (600 000 000 and on), addresses in example domains, some rights that have ended."""
    if await tx.value("SELECT EXISTS (SELECT FROM staff WHERE email <> '')"):
        return
    await tx.execute(
        "UPDATE guardian SET email = CASE WHEN id % 3 = 0 THEN '' ELSE 'opiekun' || id || '@gryf.example' END"
    )
    await tx.execute(
        "UPDATE staff SET email = lower(plain_letters(first_name)) || '.' || lower(plain_letters(last_name)) || id"
        " || '@szkola.gryf.example' WHERE email = ''"
    )
    await tx.execute(
        "WITH added AS (INSERT INTO guardian (school_id, first_name, last_name, phone)"
        "  SELECT current_school(), 'Adam', p.last_name, '' FROM pupil p WHERE p.id % 4 = 1 RETURNING id, last_name),"
        " numbered AS (SELECT id, row_number() OVER (ORDER BY id) AS place FROM added),"
        " children AS (SELECT id, row_number() OVER (ORDER BY id) AS place FROM pupil WHERE id % 4 = 1)"
        " INSERT INTO guardianship (school_id, guardian_id, pupil_id, kind, during)"
        " SELECT current_school(), n.id, c.id, 'parent',"
        "  CASE WHEN n.place % 9 = 0 THEN daterange(NULL, school_today() - 30) ELSE daterange(NULL, NULL) END"
        " FROM numbered n JOIN children c USING (place)"
    )
