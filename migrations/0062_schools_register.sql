-- The register: held lessons and attendance. A mark belongs to a lesson and a pupil, whatever becomes of timetables and
-- memberships afterwards. No mark, or one without a type, is «unchecked»: never «present».

CREATE TABLE attendance_type (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id bigint NOT NULL REFERENCES school,
    code      text NOT NULL,
    name      text NOT NULL,
    category  text NOT NULL CHECK (category IN ('present', 'absent', 'late', 'away', 'released')),
    excused   boolean NOT NULL DEFAULT false,
    key       text NOT NULL DEFAULT '',
    position  smallint NOT NULL DEFAULT 100,
    archived  boolean NOT NULL DEFAULT false,
    UNIQUE (school_id, id),
    UNIQUE (school_id, code)
);
COMMENT ON COLUMN attendance_type.category IS
    'present ●, absent —, late s, away ns (for reasons of the school), released z (counts neither way)';
COMMENT ON COLUMN attendance_type.excused IS 'The flag that a mark of this type begins with (u, su)';
COMMENT ON COLUMN attendance_type.key IS 'Key of the keyboard that enters it';

CREATE TABLE lesson (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id        bigint NOT NULL REFERENCES school,
    year_id          bigint NOT NULL,
    on_date          date NOT NULL,
    period           smallint NOT NULL,
    starts_at        timestamptz NOT NULL,
    ends_at          timestamptz NOT NULL,
    class_id         bigint,
    group_id         bigint,
    subject_id       bigint NOT NULL,
    staff_id         bigint NOT NULL,
    second_staff_id  bigint,
    absent_id        bigint,
    room_id          bigint,
    entry_id         bigint,
    substitution_id  bigint,
    topic            text NOT NULL DEFAULT '',
    topic_number     integer,
    curriculum_point text NOT NULL DEFAULT '',
    state            text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed', 'void')),
    taken_at         timestamptz,
    marks_rev        integer NOT NULL DEFAULT 0,
    opened_by        bigint REFERENCES account ON DELETE SET NULL,
    opened_at        timestamptz NOT NULL DEFAULT now(),
    rev              integer NOT NULL DEFAULT 1,
    UNIQUE (school_id, id),
    CHECK (num_nonnulls(class_id, group_id) = 1),
    CHECK (starts_at < ends_at),
    FOREIGN KEY (school_id, year_id) REFERENCES school_year (school_id, id),
    FOREIGN KEY (school_id, class_id) REFERENCES school_class (school_id, id),
    FOREIGN KEY (school_id, group_id) REFERENCES school_group (school_id, id),
    FOREIGN KEY (school_id, subject_id) REFERENCES subject (school_id, id),
    FOREIGN KEY (school_id, staff_id) REFERENCES staff (school_id, id),
    FOREIGN KEY (school_id, second_staff_id) REFERENCES staff (school_id, id),
    FOREIGN KEY (school_id, absent_id) REFERENCES staff (school_id, id),
    FOREIGN KEY (school_id, room_id) REFERENCES room (school_id, id),
    FOREIGN KEY (school_id, entry_id) REFERENCES timetable_entry (school_id, id)
);
COMMENT ON TABLE lesson IS 'A lesson that is held: a copy of what was planned when it was opened, which later plans do not change';
COMMENT ON COLUMN lesson.absent_id IS 'Teacher whom staff_id stands in for';
COMMENT ON COLUMN lesson.taken_at IS 'When attendance was first taken; none: unchecked';
COMMENT ON COLUMN lesson.marks_rev IS 'Counter of this lesson''s marks: each batch takes the next number as the rev of its marks';
CREATE UNIQUE INDEX lesson_of_entry ON lesson (entry_id, on_date) WHERE entry_id IS NOT NULL;
CREATE UNIQUE INDEX lesson_without_entry ON lesson (on_date, period, staff_id, subject_id, class_id, group_id)
    NULLS NOT DISTINCT WHERE entry_id IS NULL;
CREATE INDEX lesson_day ON lesson (school_id, on_date);
CREATE INDEX lesson_class ON lesson (class_id, on_date);
CREATE INDEX lesson_group ON lesson (group_id, on_date);

CREATE TABLE attendance_mark (
    school_id    bigint NOT NULL,
    lesson_id    bigint NOT NULL,
    pupil_id     bigint NOT NULL,
    type_id      bigint,
    minutes_late smallint CHECK (minutes_late BETWEEN 1 AND 240),
    excused      boolean NOT NULL DEFAULT false,
    rev          integer NOT NULL,
    author_id    bigint,
    at           timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (lesson_id, pupil_id),
    FOREIGN KEY (school_id, lesson_id) REFERENCES lesson (school_id, id),
    FOREIGN KEY (school_id, pupil_id) REFERENCES pupil (school_id, id)
);
COMMENT ON COLUMN attendance_mark.type_id IS
    'None: the mark was taken back, the pupil is unchecked again. No foreign key, for speed: types are archived, never deleted';
COMMENT ON COLUMN attendance_mark.author_id IS 'Staff member; none: the system or a guardian''s excuse';
CREATE INDEX attendance_mark_pupil ON attendance_mark (pupil_id);

CREATE TABLE attendance_history (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id    bigint NOT NULL REFERENCES school,
    lesson_id    bigint NOT NULL,
    pupil_id     bigint NOT NULL,
    at           timestamptz NOT NULL DEFAULT now(),
    account_id   bigint,
    author       text NOT NULL,
    from_code    text,
    from_minutes smallint,
    from_excused boolean NOT NULL DEFAULT false,
    to_code      text,
    to_minutes   smallint,
    to_excused   boolean NOT NULL DEFAULT false,
    reason       text NOT NULL DEFAULT '',
    op_id        text NOT NULL,
    rev          integer NOT NULL,
    UNIQUE (lesson_id, pupil_id, op_id)
);
COMMENT ON COLUMN attendance_history.op_id IS 'Random name that the client gave to this change: the same change sent again counts once';
COMMENT ON COLUMN attendance_history.account_id IS 'No foreign key: the entry stays when the account is erased';

SELECT school_tenant('attendance_type'), school_tenant('lesson'), school_tenant('attendance_mark');
SELECT school_tenant('attendance_history', append_only => true);
REVOKE DELETE ON attendance_type FROM gryf_schools;

-- Marks as they count: what reports and averages read.
CREATE VIEW attendance WITH (security_invoker = true) AS
SELECT m.school_id, m.lesson_id, m.pupil_id, l.on_date, l.period, l.class_id, l.group_id, l.subject_id, l.staff_id,
       l.year_id, t.code, t.category, m.excused, m.minutes_late, m.rev, m.at
  FROM attendance_mark m
  JOIN lesson l ON l.id = m.lesson_id AND l.state <> 'void'
  JOIN attendance_type t ON t.id = m.type_id;
GRANT SELECT ON attendance TO gryf_schools;

-- Pupils of a lesson: members on its day, and whoever has a mark in it all the same.
CREATE FUNCTION pupils_of_lesson(wanted bigint) RETURNS TABLE (pupil_id bigint, number smallint, class_id bigint)
LANGUAGE sql STABLE ROWS 30 AS $$
    SELECT DISTINCT ON (p.pupil_id) p.pupil_id, c.number, c.class_id
      FROM lesson l
      JOIN LATERAL (
            SELECT m.pupil_id FROM class_membership m
             WHERE m.class_id = l.class_id AND m.during @> l.on_date
            UNION ALL
            SELECT g.pupil_id FROM group_membership g
             WHERE g.group_id = l.group_id AND g.during @> l.on_date
            UNION ALL
            SELECT a.pupil_id FROM attendance_mark a WHERE a.lesson_id = l.id
      ) AS p ON true
      LEFT JOIN class_membership c ON c.pupil_id = p.pupil_id AND c.during @> l.on_date
     WHERE l.id = wanted
$$;

-- The Education Department (wydział edukacji) sees sums. gryf_city may call this and read nothing else; a sum over fewer
-- than `smallest` pupils is told as NULL. It enters school after school, so the wall between them holds here too.
CREATE FUNCTION city_attendance(first date, last date, smallest integer DEFAULT 5)
RETURNS TABLE (school_id bigint, on_date date, lessons bigint, taken bigint, pupils bigint, present bigint, counted bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public SET app.school = '' AS $$
DECLARE
    one bigint;
BEGIN
    FOR one IN SELECT s.id FROM school s ORDER BY s.id LOOP
        PERFORM set_config('app.school', one::text, true);
        RETURN QUERY
        SELECT one, l.on_date, count(DISTINCT l.id), count(DISTINCT l.id) FILTER (WHERE l.taken_at IS NOT NULL),
               CASE WHEN count(DISTINCT m.pupil_id) >= smallest THEN count(DISTINCT m.pupil_id) END,
               CASE WHEN count(DISTINCT m.pupil_id) >= smallest
                    THEN count(*) FILTER (WHERE t.category IN ('present', 'late', 'away')) END,
               CASE WHEN count(DISTINCT m.pupil_id) >= smallest
                    THEN count(*) FILTER (WHERE t.category IN ('present', 'late', 'away', 'absent')) END
          FROM lesson l
          LEFT JOIN attendance_mark m ON m.lesson_id = l.id AND m.type_id IS NOT NULL
          LEFT JOIN attendance_type t ON t.id = m.type_id
         WHERE l.school_id = one AND l.on_date BETWEEN first AND last AND l.state <> 'void'
         GROUP BY l.on_date;
    END LOOP;
END
$$;
REVOKE EXECUTE ON FUNCTION city_attendance FROM PUBLIC;
GRANT EXECUTE ON FUNCTION city_attendance TO gryf_city;
GRANT SELECT (id, name, short_name, kind, number) ON school TO gryf_city;
