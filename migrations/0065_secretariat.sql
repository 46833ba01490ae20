-- The school's office: addresses for invitations, and files of people that wait for a decision.

ALTER TABLE staff ADD COLUMN email text NOT NULL DEFAULT '';
ALTER TABLE pupil ADD COLUMN email text NOT NULL DEFAULT '';

CREATE TABLE people_import (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id bigint NOT NULL REFERENCES school,
    kind      text NOT NULL CHECK (kind IN ('pupils', 'guardians', 'staff', 'oneroster')),
    file_name text NOT NULL,
    content   bytea,
    from_day  date NOT NULL,
    made_by   bigint REFERENCES account ON DELETE SET NULL,
    made_at   timestamptz NOT NULL DEFAULT now(),
    done_at   timestamptz,
    UNIQUE (school_id, id),
    CHECK (done_at IS NULL OR content IS NULL)
);
COMMENT ON COLUMN people_import.content IS 'Personal data: gone as soon as the import is done or dropped';
COMMENT ON COLUMN people_import.from_day IS 'First day in the class for pupils who come into it by this file';

SELECT school_tenant('people_import');
