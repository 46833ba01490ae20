-- What a lesson holds beside attendance: curriculum plans, a note, homework, announced tests, who sits where.

-- A teacher's plan of topics (rozkład materiału) for a subject and a level: a list that was imported, the newest counts.
CREATE TABLE curriculum_plan (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id  bigint NOT NULL REFERENCES school,
    subject_id bigint NOT NULL,
    level      smallint NOT NULL CHECK (level BETWEEN 0 AND 8),
    name       text NOT NULL DEFAULT '',
    made_by    bigint REFERENCES account ON DELETE SET NULL,
    made_at    timestamptz NOT NULL DEFAULT now(),
    archived   boolean NOT NULL DEFAULT false,
    UNIQUE (school_id, id),
    FOREIGN KEY (school_id, subject_id) REFERENCES subject (school_id, id)
);
CREATE UNIQUE INDEX curriculum_plan_in_use ON curriculum_plan (subject_id, level) WHERE NOT archived;

CREATE TABLE curriculum_topic (
    school_id bigint NOT NULL,
    plan_id   bigint NOT NULL,
    number    smallint NOT NULL CHECK (number > 0),
    topic     text NOT NULL CHECK (topic <> ''),
    point     text NOT NULL DEFAULT '',
    hours     smallint NOT NULL DEFAULT 1 CHECK (hours BETWEEN 1 AND 99),
    PRIMARY KEY (plan_id, number),
    FOREIGN KEY (school_id, plan_id) REFERENCES curriculum_plan (school_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN curriculum_topic.point IS 'Of the core curriculum (podstawa programowa)';

CREATE TABLE lesson_sheet (
    school_id bigint NOT NULL,
    lesson_id bigint PRIMARY KEY,
    note      text NOT NULL DEFAULT '',
    note_by   text NOT NULL DEFAULT '',
    rev       integer NOT NULL DEFAULT 1,
    FOREIGN KEY (school_id, lesson_id) REFERENCES lesson (school_id, id)
);
COMMENT ON TABLE lesson_sheet IS 'The note of a lesson for its teachers, and the counter of all that stands beside its marks and topic';

CREATE TABLE homework (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id  bigint NOT NULL,
    lesson_id  bigint NOT NULL,
    text       text NOT NULL CHECK (text <> ''),
    due_on     date NOT NULL,
    author_id  bigint NOT NULL,
    at         timestamptz NOT NULL DEFAULT now(),
    removed_at timestamptz,
    UNIQUE (school_id, id),
    FOREIGN KEY (school_id, lesson_id) REFERENCES lesson (school_id, id),
    FOREIGN KEY (school_id, author_id) REFERENCES staff (school_id, id)
);
CREATE INDEX homework_lesson ON homework (lesson_id);
CREATE INDEX homework_due ON homework (school_id, due_on);

-- Tests that were announced: of a class, or of a group (then it counts for the group's class).
CREATE TABLE class_test (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id  bigint NOT NULL,
    class_id   bigint NOT NULL,
    group_id   bigint,
    subject_id bigint NOT NULL,
    on_date    date NOT NULL,
    kind       text NOT NULL DEFAULT 'test' CHECK (kind IN ('test', 'quiz')),
    scope      text NOT NULL,
    author_id  bigint NOT NULL,
    at         timestamptz NOT NULL DEFAULT now(),
    removed_at timestamptz,
    rev        integer NOT NULL DEFAULT 1,
    UNIQUE (school_id, id),
    FOREIGN KEY (school_id, class_id) REFERENCES school_class (school_id, id),
    FOREIGN KEY (school_id, group_id) REFERENCES school_group (school_id, id),
    FOREIGN KEY (school_id, subject_id) REFERENCES subject (school_id, id),
    FOREIGN KEY (school_id, author_id) REFERENCES staff (school_id, id)
);
COMMENT ON COLUMN class_test.kind IS 'test (sprawdzian): the limits of a day and of a week count it; quiz (kartkówka): they do not';
CREATE INDEX class_test_class ON class_test (class_id, on_date);

-- Where pupils sit, as one teacher arranged it: a place is row × 100 + column.
CREATE TABLE seating_plan (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id bigint NOT NULL,
    staff_id  bigint NOT NULL,
    class_id  bigint,
    group_id  bigint,
    seats     jsonb NOT NULL DEFAULT '{}',
    rev       integer NOT NULL DEFAULT 1,
    UNIQUE NULLS NOT DISTINCT (staff_id, class_id, group_id),
    CHECK (num_nonnulls(class_id, group_id) = 1),
    FOREIGN KEY (school_id, staff_id) REFERENCES staff (school_id, id),
    FOREIGN KEY (school_id, class_id) REFERENCES school_class (school_id, id),
    FOREIGN KEY (school_id, group_id) REFERENCES school_group (school_id, id)
);

SELECT school_tenant(one) FROM unnest(ARRAY['curriculum_plan', 'curriculum_topic', 'lesson_sheet', 'homework', 'class_test',
    'seating_plan']::regclass[]) AS one;
