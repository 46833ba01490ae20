-- Timetables that are taken in from other programs: what was read waits to be settled; what was settled is remembered.

CREATE TABLE timetable_import (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id  bigint NOT NULL REFERENCES school,
    year_id    bigint NOT NULL,
    source     text NOT NULL CHECK (source IN ('optivum', 'asc')),
    file_name  text NOT NULL,
    content    jsonb NOT NULL,
    made_by    bigint REFERENCES account ON DELETE SET NULL,
    made_at    timestamptz NOT NULL DEFAULT now(),
    version_id bigint,
    UNIQUE (school_id, id),
    FOREIGN KEY (school_id, year_id) REFERENCES school_year (school_id, id),
    FOREIGN KEY (school_id, version_id) REFERENCES timetable_version (school_id, id) ON DELETE SET NULL (version_id)
);
COMMENT ON COLUMN timetable_import.version_id IS 'The draft that was made of it';

CREATE TABLE timetable_import_match (
    school_id bigint NOT NULL REFERENCES school,
    kind      text NOT NULL CHECK (kind IN ('teacher', 'class', 'subject', 'room', 'group')),
    name      text NOT NULL,
    target_id bigint,
    made_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (school_id, kind, name)
);
COMMENT ON TABLE timetable_import_match IS 'What a name of the other program means here, for the next import too';
COMMENT ON COLUMN timetable_import_match.target_id IS 'None: it is left out on purpose';

SELECT school_tenant('timetable_import'), school_tenant('timetable_import_match');
