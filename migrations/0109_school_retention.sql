-- How long registers are kept, and how they go. The register (dziennik) is kept for five full years, what is said of a pupil
-- for good (księga uczniów, arkusz ocen) for fifty: full calendar years after the one in which the school year ended. What is
-- over is erased by school_erase alone, on a decision that names its ground: nothing else takes a row of a history.

-- Rules by table: the page shows them, school_erase obeys them. `condition` is asked of each row beside its school:
-- $1 the school year, $2 its last day, $3 the pupils whose last year it was, $4 guardians of nobody else. Order counts.
CREATE VIEW school_retention_rule (name, keep, place, condition) AS VALUES
    ('attendance_alert_seen', 'register', 1, 'alert_id IN (SELECT a.id FROM attendance_alert a WHERE a.school_id = current_school() AND a.on_date <= $2)'),
    ('attendance_alert', 'register', 2, 'on_date <= $2'),
    ('attendance_history', 'register', 3, 'lesson_id IN (SELECT l.id FROM lesson l WHERE l.year_id = $1)'),
    ('attendance_mark', 'register', 4, 'lesson_id IN (SELECT l.id FROM lesson l WHERE l.year_id = $1)'),
    ('homework', 'register', 5, 'lesson_id IN (SELECT l.id FROM lesson l WHERE l.year_id = $1)'),
    ('lesson_sheet', 'register', 6, 'lesson_id IN (SELECT l.id FROM lesson l WHERE l.year_id = $1)'),
    ('lesson', 'register', 7, 'year_id = $1'),
    ('timetable_change', 'register', 8, 'on_date <= $2'),
    ('substitution', 'register', 9, 'on_date <= $2'),
    ('staff_absence', 'register', 10, 'last_on <= $2'),
    ('break_duty_change', 'register', 11, 'on_date <= $2'),
    ('school_event_pupil', 'register', 12, 'event_id IN (SELECT e.id FROM school_event e WHERE e.school_id = current_school() AND e.on_date <= $2)'),
    ('school_event', 'register', 13, 'on_date <= $2'),
    ('individual_teaching', 'register', 14, 'upper(during) <= $2 + 1'),
    ('absence_excuse', 'register', 15, 'last_on <= $2'),
    ('class_test', 'register', 16, 'on_date <= $2'),
    ('behaviour_note', 'register', 17, 'year_id = $1'),
    ('grade_history', 'register', 18, 'column_id IN (SELECT c.id FROM grade_column c WHERE c.year_id = $1 AND NOT (c.kind = ''settled'' AND c.semester = 2))'),
    ('grade', 'register', 19, 'column_id IN (SELECT c.id FROM grade_column c WHERE c.year_id = $1 AND NOT (c.kind = ''settled'' AND c.semester = 2))'),
    ('grade_column', 'register', 20, 'year_id = $1 AND NOT (kind = ''settled'' AND semester = 2)'),
    ('seating_plan', 'register', 21, 'class_id IN (SELECT c.id FROM school_class c WHERE c.year_id = $1) OR group_id IN (SELECT g.id FROM school_group g WHERE g.year_id = $1)'),
    ('group_membership', 'register', 22, 'group_id IN (SELECT g.id FROM school_group g WHERE g.year_id = $1)'),
    ('message_file', 'register', 23, 'message_id IN (SELECT m.id FROM message m WHERE m.thread_id IN (SELECT school_old_threads($2)))'),
    ('message', 'register', 24, 'thread_id IN (SELECT school_old_threads($2))'),
    ('message_member', 'register', 25, 'thread_id IN (SELECT school_old_threads($2))'),
    ('message_thread', 'register', 26, 'id IN (SELECT school_old_threads($2))'),
    ('school_archive', 'register', 27, 'year_id = $1'),
    ('year_rollover', 'register', 28, 'from_year_id = $1'),
    ('people_import', 'register', 29, 'made_at::date <= $2'),
    ('timetable_import', 'register', 30, 'year_id = $1'),
    ('attendance_alert', 'pupils', 40, 'pupil_id = ANY ($3)'),
    ('attendance_history', 'pupils', 41, 'pupil_id = ANY ($3)'),
    ('attendance_mark', 'pupils', 42, 'pupil_id = ANY ($3)'),
    ('school_event_pupil', 'pupils', 43, 'pupil_id = ANY ($3)'),
    ('individual_teaching', 'pupils', 44, 'pupil_id = ANY ($3)'),
    ('absence_excuse', 'pupils', 45, 'pupil_id = ANY ($3)'),
    ('behaviour_note', 'pupils', 46, 'pupil_id = ANY ($3)'),
    ('message_file', 'pupils', 47, 'message_id IN (SELECT m.id FROM message m JOIN message_member w ON w.id = m.member_id WHERE w.pupil_id = ANY ($3) OR w.guardian_id = ANY ($4))'),
    ('message', 'pupils', 48, 'member_id IN (SELECT w.id FROM message_member w WHERE w.pupil_id = ANY ($3) OR w.guardian_id = ANY ($4))'),
    ('message_member', 'pupils', 49, 'pupil_id = ANY ($3) OR guardian_id = ANY ($4)'),
    ('timetable_feed', 'pupils', 50, 'pupil_id = ANY ($3)'),
    ('group_membership', 'pupils', 51, 'pupil_id = ANY ($3)'),
    ('grade_history', 'pupils', 52, 'pupil_id = ANY ($3)'),
    ('grade', 'pupils', 53, 'pupil_id = ANY ($3)'),
    ('class_membership', 'pupils', 54, 'pupil_id = ANY ($3)'),
    ('guardianship', 'pupils', 55, 'pupil_id = ANY ($3)'),
    ('guardian', 'pupils', 56, 'id = ANY ($4)'),
    ('pupil', 'pupils', 57, 'id = ANY ($3)'),
    ('school_year', 'stays', 70, NULL), ('school_class', 'stays', 71, NULL), ('school_group', 'stays', 72, NULL),
    ('staff', 'stays', 73, NULL), ('teaching', 'stays', 74, NULL), ('subject', 'stays', 75, NULL),
    ('room', 'stays', 76, NULL), ('bell_schedule', 'stays', 77, NULL), ('bell', 'stays', 78, NULL),
    ('school_day', 'stays', 79, NULL), ('timetable_version', 'stays', 80, NULL), ('timetable_entry', 'stays', 81, NULL),
    ('break_duty', 'stays', 82, NULL), ('timetable_import_match', 'stays', 83, NULL), ('attendance_type', 'stays', 84, NULL),
    ('curriculum_plan', 'stays', 85, NULL), ('curriculum_topic', 'stays', 86, NULL), ('grade_settings', 'stays', 87, NULL),
    ('grade_category', 'stays', 88, NULL), ('wallboard', 'stays', 89, NULL), ('school_erasure', 'stays', 90, NULL);
GRANT SELECT ON school_retention_rule TO gryf_schools;

-- What was decided: the year's register, or the pupils whose last year it was. The row stays as the record of what went.
CREATE TABLE school_erasure (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id  bigint NOT NULL REFERENCES school,
    keep       text NOT NULL CHECK (keep IN ('register', 'pupils')),
    year_id    bigint NOT NULL,
    kept_years smallint NOT NULL CHECK (kept_years BETWEEN 1 AND 200),
    ground     text NOT NULL CHECK (length(ground) BETWEEN 1 AND 500),
    decided_by text NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT now(),
    done_at    timestamptz,
    counts     jsonb NOT NULL DEFAULT '{}',
    rev        integer NOT NULL DEFAULT 1,
    UNIQUE (school_id, id),
    UNIQUE (school_id, keep, year_id),
    FOREIGN KEY (school_id, year_id) REFERENCES school_year (school_id, id)
);
COMMENT ON COLUMN school_erasure.ground IS 'Such as the number of the State Archive''s consent to destruction (brakowanie)';
COMMENT ON COLUMN school_erasure.counts IS 'Table → rows that went';
SELECT school_tenant('school_erasure');

-- Histories stay append-only, but for what school_erase takes.
CREATE FUNCTION school_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('app.retention', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
DROP TRIGGER append_only ON attendance_history;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON attendance_history
    FOR EACH STATEMENT EXECUTE FUNCTION school_refuse_change();
DROP TRIGGER append_only ON grade_history;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON grade_history
    FOR EACH STATEMENT EXECUTE FUNCTION school_refuse_change();

-- Foreign keys are looked up for each row that goes.
CREATE INDEX attendance_alert_lesson ON attendance_alert (lesson_id) WHERE lesson_id IS NOT NULL;
CREATE INDEX message_member_of ON message (member_id);
CREATE INDEX message_thread_answers ON message_thread (answers_id) WHERE answers_id IS NOT NULL;

-- Talks that ended on that day or before.
CREATE FUNCTION school_old_threads(last date) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT t.id FROM message_thread t
     WHERE t.school_id = current_school() AND t.begun_at::date <= last
       AND NOT EXISTS (SELECT FROM message m WHERE m.thread_id = t.id AND m.at::date > last)
$$;

-- The first day on which something may go: kept through full calendar years after that of the last day.
CREATE FUNCTION school_kept_until(last date, years integer) RETURNS date LANGUAGE sql IMMUTABLE
    RETURN make_date(extract(year FROM last)::integer + years + 1, 1, 1);

-- Pupils who were at school for the last time in this year: of those who are in a class without an end nobody knows.
CREATE FUNCTION school_last_pupils(wanted bigint) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT p.id FROM pupil p
      JOIN school_year y ON y.id = wanted
      CROSS JOIN LATERAL (
            SELECT max(upper(m.during)) AS until, bool_or(upper_inf(m.during)) AS endless
              FROM class_membership m WHERE m.pupil_id = p.id) AS stay
     WHERE p.school_id = current_school() AND NOT coalesce(stay.endless, false)
       AND coalesce(p.left_on, stay.until) - 1 BETWEEN y.starts_on AND y.ends_on
$$;

-- Erases what was decided, in the school that was entered. It looks again whether the time is over and never takes less
-- than the law does: five years, fifty. Returns table → rows.
CREATE FUNCTION school_erase(decided bigint) RETURNS jsonb
LANGUAGE plpgsql SET search_path = public SET app.retention = 'on' AS $$
DECLARE
    what   school_erasure;
    year   school_year;
    pupils bigint[] := '{}';
    lonely bigint[] := '{}';
    rule   record;
    gone   bigint;
    told   jsonb := '{}';
BEGIN
    SELECT * INTO STRICT what FROM school_erasure e
     WHERE e.id = decided AND e.school_id = current_school() AND e.done_at IS NULL FOR UPDATE;
    SELECT * INTO STRICT year FROM school_year y WHERE y.id = what.year_id AND y.school_id = current_school();
    IF what.kept_years < (CASE what.keep WHEN 'register' THEN 5 ELSE 50 END)
       OR school_kept_until(year.ends_on, what.kept_years) > school_today() THEN
        RAISE EXCEPTION 'the time of year % is not over', year.id USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF what.keep = 'pupils' THEN
        IF EXISTS (SELECT FROM school_year y WHERE y.school_id = current_school() AND y.ends_on <= year.ends_on
                      AND NOT EXISTS (SELECT FROM school_erasure e WHERE e.school_id = current_school()
                                         AND e.keep = 'register' AND e.year_id = y.id AND e.done_at IS NOT NULL)) THEN
            RAISE EXCEPTION 'registers of these years are still there' USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
        pupils := ARRAY(SELECT school_last_pupils(year.id));
        lonely := ARRAY(SELECT DISTINCT r.guardian_id FROM guardianship r WHERE r.school_id = current_school()
                           AND r.pupil_id = ANY (pupils)
                           AND NOT EXISTS (SELECT FROM guardianship o WHERE o.guardian_id = r.guardian_id
                                              AND NOT o.pupil_id = ANY (pupils)));
    ELSE
        UPDATE message_thread t SET answers_id = NULL
         WHERE t.school_id = current_school() AND t.answers_id IN (SELECT school_old_threads(year.ends_on));
    END IF;
    FOR rule IN SELECT r.name, r.condition FROM school_retention_rule r WHERE r.keep = what.keep ORDER BY r.place LOOP
        -- $1 … $4 all stand in it once, so that each condition may use what it needs
        EXECUTE format('DELETE FROM %I WHERE school_id = current_school() AND (%s)'
                       ' AND ($1::bigint, $2::date, $3::bigint[], $4::bigint[]) IS NOT NULL', rule.name, rule.condition)
          USING year.id, year.ends_on, pupils, lonely;
        GET DIAGNOSTICS gone = ROW_COUNT;
        told := told || jsonb_build_object(rule.name, gone);
    END LOOP;
    IF what.keep = 'register' THEN  -- how to reach those who have left is of the register too
        UPDATE pupil p SET email = '', rev = p.rev + 1
         WHERE p.school_id = current_school() AND p.email <> ''
           AND coalesce(p.left_on, (SELECT max(upper(m.during)) FROM class_membership m WHERE m.pupil_id = p.id)) <= year.ends_on + 1
           AND NOT EXISTS (SELECT FROM class_membership m WHERE m.pupil_id = p.id AND upper_inf(m.during));
        GET DIAGNOSTICS gone = ROW_COUNT;
        told := told || jsonb_build_object('pupil.email', gone);
        UPDATE guardian g SET email = '', phone = '', rev = g.rev + 1
         WHERE g.school_id = current_school() AND (g.email <> '' OR g.phone <> '')
           AND EXISTS (SELECT FROM guardianship r WHERE r.guardian_id = g.id)
           AND NOT EXISTS (SELECT FROM guardianship r JOIN pupil p ON p.id = r.pupil_id WHERE r.guardian_id = g.id
                  AND (EXISTS (SELECT FROM class_membership m WHERE m.pupil_id = p.id
                                  AND (upper_inf(m.during) OR upper(m.during) > year.ends_on + 1))
                       OR coalesce(p.left_on, (SELECT max(upper(m.during)) FROM class_membership m WHERE m.pupil_id = p.id),
                                   'infinity'::date) > year.ends_on + 1));
        GET DIAGNOSTICS gone = ROW_COUNT;
        told := told || jsonb_build_object('guardian.contact', gone);
    END IF;
    UPDATE school_erasure SET done_at = now(), counts = told, rev = rev + 1 WHERE id = decided;
    RETURN told;
END
$$;
REVOKE EXECUTE ON FUNCTION school_erase FROM PUBLIC;
COMMENT ON FUNCTION school_erase IS
    'With the rights of the tables'' owner, inside a school: gryf_schools may neither call it nor delete from a history';
