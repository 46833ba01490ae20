-- Grades (oceny): columns of a class's subject, entries in them, and their history. An entry belongs to a column and a
-- pupil, whatever becomes of memberships afterwards. No entry, or one without text, is blank: never zero.

CREATE TABLE grade_settings (
    school_id bigint PRIMARY KEY REFERENCES school,
    settings  jsonb NOT NULL,
    rev       integer NOT NULL DEFAULT 1
);
COMMENT ON TABLE grade_settings IS 'A school''s rules of grading (statut, ocenianie wewnątrzszkolne); no row: the usual ones';

CREATE TABLE grade_category (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id  bigint NOT NULL REFERENCES school,
    subject_id bigint,
    name       text NOT NULL CHECK (name <> ''),
    short      text NOT NULL CHECK (short <> ''),
    weight     numeric(6, 2) NOT NULL CHECK (weight >= 0),
    colour     text NOT NULL CHECK (colour IN ('red', 'amber', 'green', 'sea', 'navy', 'grey')),
    position   smallint NOT NULL DEFAULT 100,
    archived   boolean NOT NULL DEFAULT false,
    rev        integer NOT NULL DEFAULT 1,
    UNIQUE (school_id, id),
    UNIQUE NULLS NOT DISTINCT (school_id, subject_id, name),
    FOREIGN KEY (school_id, subject_id) REFERENCES subject (school_id, id)
);
COMMENT ON COLUMN grade_category.subject_id IS 'None: of every subject';

CREATE TABLE grade_column (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id    bigint NOT NULL REFERENCES school,
    year_id      bigint NOT NULL,
    class_id     bigint NOT NULL,
    subject_id   bigint,
    semester     smallint NOT NULL CHECK (semester IN (1, 2)),
    kind         text NOT NULL CHECK (kind IN ('mark', 'points', 'descriptive', 'proposed', 'settled')),
    category_id  bigint,
    title        text NOT NULL DEFAULT '',
    weight       numeric(6, 2) NOT NULL DEFAULT 1 CHECK (weight >= 0),
    points_max   numeric(8, 2) CHECK (points_max > 0),
    on_date      date NOT NULL,
    published_at timestamptz,
    author_id    bigint,
    marks_rev    integer NOT NULL DEFAULT 0,
    rev          integer NOT NULL DEFAULT 1,
    UNIQUE (school_id, id),
    CHECK ((kind = 'points') = (points_max IS NOT NULL)),
    CHECK (subject_id IS NOT NULL OR kind IN ('proposed', 'settled')),
    FOREIGN KEY (school_id, year_id) REFERENCES school_year (school_id, id),
    FOREIGN KEY (school_id, class_id) REFERENCES school_class (school_id, id),
    FOREIGN KEY (school_id, subject_id) REFERENCES subject (school_id, id),
    FOREIGN KEY (school_id, category_id) REFERENCES grade_category (school_id, id),
    FOREIGN KEY (school_id, author_id) REFERENCES staff (school_id, id)
);
COMMENT ON COLUMN grade_column.subject_id IS 'None: behaviour (zachowanie)';
COMMENT ON COLUMN grade_column.kind IS
    'mark (1-6), points, descriptive; proposed (przewidywana), settled: mid-year in semester 1, final in semester 2';
COMMENT ON COLUMN grade_column.published_at IS 'When pupils and parents began to see it; proposed and settled ones wait for it';
COMMENT ON COLUMN grade_column.marks_rev IS 'Counter: each batch takes the next number as the rev of its entries';
CREATE INDEX grade_column_class ON grade_column (class_id, subject_id);
CREATE INDEX grade_column_subject ON grade_column (year_id, subject_id);
CREATE UNIQUE INDEX grade_column_period ON grade_column (class_id, subject_id, semester, kind)
    NULLS NOT DISTINCT WHERE kind IN ('proposed', 'settled');

CREATE TABLE grade (
    school_id bigint NOT NULL,
    column_id bigint NOT NULL,
    pupil_id  bigint NOT NULL,
    attempt   smallint NOT NULL CHECK (attempt BETWEEN 1 AND 9),
    text      text,
    rev       integer NOT NULL,
    author_id bigint,
    at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (column_id, pupil_id, attempt),
    FOREIGN KEY (school_id, column_id) REFERENCES grade_column (school_id, id),
    FOREIGN KEY (school_id, pupil_id) REFERENCES pupil (school_id, id)
);
COMMENT ON COLUMN grade.attempt IS '1: the test itself; 2 and on: re-sits (poprawy), which leave what was before';
COMMENT ON COLUMN grade.text IS 'As written: 4+, 17.5, np. What it is worth is said by the school''s rules. None: taken back';
CREATE INDEX grade_pupil ON grade (pupil_id);

CREATE TABLE grade_history (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id  bigint NOT NULL REFERENCES school,
    column_id  bigint NOT NULL,
    pupil_id   bigint NOT NULL,
    attempt    smallint NOT NULL,
    at         timestamptz NOT NULL DEFAULT now(),
    account_id bigint,
    author     text NOT NULL,
    from_text  text,
    to_text    text,
    reason     text NOT NULL DEFAULT '',
    op_id      text NOT NULL,
    rev        integer NOT NULL,
    UNIQUE (column_id, pupil_id, attempt, op_id)
);
COMMENT ON COLUMN grade_history.account_id IS 'No foreign key: the entry stays when the account is erased';

SELECT school_tenant('grade_settings'), school_tenant('grade_category'), school_tenant('grade_column'), school_tenant('grade');
SELECT school_tenant('grade_history', append_only => true);
REVOKE DELETE ON grade_settings, grade_category, grade_column, grade FROM gryf_schools;
