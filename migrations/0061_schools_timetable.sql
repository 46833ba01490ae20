-- Timetables: bells, dated versions that never change once they are published, and what a day changes on top of them.

CREATE TABLE bell_schedule (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id  bigint NOT NULL REFERENCES school,
    name       text NOT NULL,
    is_default boolean NOT NULL DEFAULT false,
    UNIQUE (school_id, id),
    UNIQUE (school_id, name)
);
CREATE UNIQUE INDEX bell_schedule_default ON bell_schedule (school_id) WHERE is_default;

CREATE TABLE bell (
    school_id   bigint NOT NULL REFERENCES school,
    schedule_id bigint NOT NULL,
    period      smallint NOT NULL CHECK (period BETWEEN 0 AND 20),
    starts      time NOT NULL,
    ends        time NOT NULL,
    PRIMARY KEY (schedule_id, period),
    CHECK (starts < ends),
    FOREIGN KEY (school_id, schedule_id) REFERENCES bell_schedule (school_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE bell IS 'Times on the wall clock of the city; which instant they are is said by the lesson';

-- Days unlike the others: off (holidays, principal''s days), with other bells, or taught as another weekday.
CREATE TABLE school_day (
    school_id   bigint NOT NULL REFERENCES school,
    on_date     date NOT NULL,
    is_off      boolean NOT NULL DEFAULT false,
    name        text NOT NULL DEFAULT '',
    schedule_id bigint,
    taught_as   smallint CHECK (taught_as BETWEEN 1 AND 7),
    PRIMARY KEY (school_id, on_date),
    FOREIGN KEY (school_id, schedule_id) REFERENCES bell_schedule (school_id, id)
);

CREATE TABLE timetable_version (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id    bigint NOT NULL REFERENCES school,
    year_id      bigint NOT NULL,
    name         text NOT NULL DEFAULT '',
    valid_from   date NOT NULL,
    published_at timestamptz,
    rev          integer NOT NULL DEFAULT 1,
    UNIQUE (school_id, id),
    FOREIGN KEY (school_id, year_id) REFERENCES school_year (school_id, id)
);
COMMENT ON TABLE timetable_version IS
    'In force from valid_from until the next published one of the year. Drafts may change; a published one never does';
CREATE UNIQUE INDEX timetable_version_in_force ON timetable_version (school_id, valid_from) WHERE published_at IS NOT NULL;

CREATE TABLE timetable_entry (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id       bigint NOT NULL REFERENCES school,
    version_id      bigint NOT NULL,
    weekday         smallint NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    period          smallint NOT NULL CHECK (period BETWEEN 0 AND 20),
    week            text NOT NULL DEFAULT '' CHECK (week IN ('', 'A', 'B')),
    class_id        bigint,
    group_id        bigint,
    subject_id      bigint NOT NULL,
    staff_id        bigint NOT NULL,
    second_staff_id bigint,
    room_id         bigint,
    UNIQUE (school_id, id),
    CHECK (num_nonnulls(class_id, group_id) = 1),
    FOREIGN KEY (school_id, version_id) REFERENCES timetable_version (school_id, id) ON DELETE CASCADE,
    FOREIGN KEY (school_id, class_id) REFERENCES school_class (school_id, id),
    FOREIGN KEY (school_id, group_id) REFERENCES school_group (school_id, id),
    FOREIGN KEY (school_id, subject_id) REFERENCES subject (school_id, id),
    FOREIGN KEY (school_id, staff_id) REFERENCES staff (school_id, id),
    FOREIGN KEY (school_id, second_staff_id) REFERENCES staff (school_id, id),
    FOREIGN KEY (school_id, room_id) REFERENCES room (school_id, id)
);
COMMENT ON COLUMN timetable_entry.weekday IS '1 Monday … 7 Sunday (ISO)';
CREATE INDEX timetable_entry_day ON timetable_entry (version_id, weekday);

CREATE FUNCTION timetable_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM timetable_version v
                WHERE v.id = coalesce(OLD.version_id, NEW.version_id) AND v.published_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a published timetable does not change: make a new version' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN coalesce(NEW, OLD);
END
$$;
CREATE TRIGGER timetable_entry_immutable BEFORE INSERT OR UPDATE OR DELETE ON timetable_entry
    FOR EACH ROW EXECUTE FUNCTION timetable_refuse_change();

-- What one day changes of one entry: an overlay, so the teacher who is replaced stays known.
CREATE TABLE substitution (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id  bigint NOT NULL REFERENCES school,
    on_date    date NOT NULL,
    entry_id   bigint NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('substitution', 'cancellation', 'room', 'joint')),
    absent_id  bigint,
    staff_id   bigint,
    subject_id bigint,
    room_id    bigint,
    joint_entry_id bigint,
    note       text NOT NULL DEFAULT '',
    made_by    bigint REFERENCES account ON DELETE SET NULL,
    made_at    timestamptz NOT NULL DEFAULT now(),
    rev        integer NOT NULL DEFAULT 1,
    UNIQUE (school_id, id),
    UNIQUE (entry_id, on_date),
    CHECK (kind <> 'substitution' OR staff_id IS NOT NULL),
    CHECK (kind <> 'room' OR room_id IS NOT NULL),
    CHECK (kind <> 'joint' OR joint_entry_id IS NOT NULL),
    FOREIGN KEY (school_id, entry_id) REFERENCES timetable_entry (school_id, id),
    FOREIGN KEY (school_id, joint_entry_id) REFERENCES timetable_entry (school_id, id),
    FOREIGN KEY (school_id, absent_id) REFERENCES staff (school_id, id),
    FOREIGN KEY (school_id, staff_id) REFERENCES staff (school_id, id),
    FOREIGN KEY (school_id, subject_id) REFERENCES subject (school_id, id),
    FOREIGN KEY (school_id, room_id) REFERENCES room (school_id, id)
);
COMMENT ON COLUMN substitution.absent_id IS 'Teacher who is replaced; the entry''s own where none is named';
COMMENT ON COLUMN substitution.joint_entry_id IS 'The lesson that this one joins: its teacher, its room';
CREATE INDEX substitution_day ON substitution (school_id, on_date);

SELECT school_tenant(one) FROM unnest(ARRAY['bell_schedule', 'bell', 'school_day', 'timetable_version', 'timetable_entry',
    'substitution']::regclass[]) AS one;

-- The version in force on each day, as a function so that the plan stays a plain index look-up.
CREATE FUNCTION timetable_on(day date) RETURNS bigint LANGUAGE sql STABLE
    RETURN (SELECT v.id FROM timetable_version v JOIN school_year y ON y.id = v.year_id
             WHERE v.school_id = current_school() AND v.published_at IS NOT NULL AND v.valid_from <= day
               AND day BETWEEN y.starts_on AND y.ends_on
             ORDER BY v.valid_from DESC LIMIT 1);

-- What is planned on a day: entries of the version in force, the day's overlay upon them, bells and rooms. Cancelled
-- ones are there too (kind = 'cancellation'). One row an entry; empty on days off. In PL/pgSQL, since its plan is kept.
CREATE FUNCTION planned_on(day date) RETURNS TABLE (
    entry_id bigint, period smallint, starts time, ends time, class_id bigint, group_id bigint, subject_id bigint,
    staff_id bigint, second_staff_id bigint, absent_id bigint, room_id bigint, kind text, substitution_id bigint,
    joint_entry_id bigint, note text
) LANGUAGE plpgsql STABLE ROWS 100 AS $$
#variable_conflict use_column
DECLARE
    version   bigint := timetable_on(day);
    special   school_day;
    schedule  bigint;
    isoday    smallint;
    letter    text;
BEGIN
    SELECT * INTO special FROM school_day d WHERE d.school_id = current_school() AND d.on_date = day;
    IF version IS NULL OR special.is_off THEN
        RETURN;
    END IF;
    isoday := coalesce(special.taught_as, extract(isodow FROM day)::smallint);
    schedule := coalesce(special.schedule_id,
        (SELECT w.id FROM bell_schedule w WHERE w.school_id = current_school() AND w.is_default));
    SELECT CASE WHEN y.week_a_on IS NULL THEN ''
                WHEN (date_trunc('week', day)::date - date_trunc('week', y.week_a_on)::date) / 7 % 2 = 0 THEN 'A'
                ELSE 'B' END
      INTO letter
      FROM timetable_version v JOIN school_year y ON y.id = v.year_id WHERE v.id = version;
    RETURN QUERY
    SELECT e.id, e.period, b.starts, b.ends, e.class_id, e.group_id, coalesce(s.subject_id, e.subject_id),
           coalesce(s.staff_id, CASE WHEN s.kind = 'joint' THEN j.staff_id ELSE e.staff_id END),
           e.second_staff_id,
           CASE WHEN s.kind IN ('substitution', 'joint') THEN coalesce(s.absent_id, e.staff_id) END,
           coalesce(s.room_id, CASE WHEN s.kind = 'joint' THEN j.room_id ELSE e.room_id END),
           coalesce(s.kind, ''), s.id, s.joint_entry_id, coalesce(s.note, '')
      FROM timetable_entry e
      JOIN bell b ON b.schedule_id = schedule AND b.period = e.period
      LEFT JOIN substitution s ON s.entry_id = e.id AND s.on_date = day
      LEFT JOIN timetable_entry j ON j.id = s.joint_entry_id
     WHERE e.version_id = version AND e.weekday = isoday AND (e.week = '' OR letter = '' OR e.week = letter);
END
$$;
COMMENT ON FUNCTION planned_on IS 'Of the current school (app.school)';
