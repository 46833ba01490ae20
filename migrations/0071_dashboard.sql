-- The live dashboard: alerts and who saw them, addresses of wallboards, sums for the Education Department by grade.

CREATE TABLE attendance_alert (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id  bigint NOT NULL REFERENCES school,
    on_date    date NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('unchecked', 'missing')),
    period     smallint NOT NULL,
    entry_id   bigint,
    lesson_id  bigint,
    class_id   bigint,
    pupil_id   bigint,
    since      timestamptz NOT NULL,
    raised_at  timestamptz NOT NULL DEFAULT now(),
    gone_at    timestamptz,
    settled_at timestamptz,
    settled_by bigint,
    rev        integer NOT NULL DEFAULT 1,
    UNIQUE (school_id, id),
    UNIQUE NULLS NOT DISTINCT (school_id, on_date, kind, entry_id, lesson_id, pupil_id),
    CHECK (CASE kind WHEN 'unchecked' THEN entry_id IS NOT NULL ELSE num_nonnulls(lesson_id, pupil_id) = 2 END),
    FOREIGN KEY (school_id, entry_id) REFERENCES timetable_entry (school_id, id),
    FOREIGN KEY (school_id, lesson_id) REFERENCES lesson (school_id, id),
    FOREIGN KEY (school_id, class_id) REFERENCES school_class (school_id, id),
    FOREIGN KEY (school_id, pupil_id) REFERENCES pupil (school_id, id),
    FOREIGN KEY (school_id, settled_by) REFERENCES staff (school_id, id)
);
COMMENT ON COLUMN attendance_alert.kind IS
    'unchecked: a lesson that began long ago; missing: a pupil who was in one lesson and is not in the next';
COMMENT ON COLUMN attendance_alert.class_id IS 'Whose homeroom teacher hears of it; none: a group of several classes';
COMMENT ON COLUMN attendance_alert.gone_at IS 'The lesson was checked after all, the mark was corrected';

CREATE TABLE attendance_alert_seen (
    school_id bigint NOT NULL,
    alert_id  bigint NOT NULL,
    staff_id  bigint NOT NULL,
    at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (alert_id, staff_id),
    FOREIGN KEY (school_id, alert_id) REFERENCES attendance_alert (school_id, id) ON DELETE CASCADE,
    FOREIGN KEY (school_id, staff_id) REFERENCES staff (school_id, id)
);

CREATE TABLE wallboard (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id  bigint NOT NULL REFERENCES school,
    name       text NOT NULL CHECK (name <> ''),
    key        text NOT NULL UNIQUE,
    made_by    bigint REFERENCES account ON DELETE SET NULL,
    made_at    timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    UNIQUE (school_id, id)
);
COMMENT ON COLUMN wallboard.key IS 'SHA-256 of the address''s secret; the secret itself is shown once';

SELECT school_tenant(one)
  FROM unnest(ARRAY['attendance_alert', 'attendance_alert_seen', 'wallboard']::regclass[]) AS one;

-- The finest sums there are, all numbers told: nobody may call it but the function below. Step after step, since the plan
-- is kept and made before anybody has counted the tables.
CREATE FUNCTION city_attendance_cells(first date, last date)
RETURNS TABLE (school_id bigint, level smallint, on_date date, pupils bigint, present bigint, counted bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public SET app.school = '' AS $$
DECLARE
    one bigint;
BEGIN
    FOR one IN SELECT s.id FROM school s ORDER BY s.id LOOP
        PERFORM set_config('app.school', one::text, true);
        RETURN QUERY
        WITH held AS MATERIALIZED (
            SELECT l.id, l.on_date FROM lesson l
             WHERE l.school_id = one AND l.on_date BETWEEN first AND last AND l.taken_at IS NOT NULL AND l.state <> 'void'
        ), days AS MATERIALIZED (
            SELECT m.pupil_id, h.on_date,
                   count(*) FILTER (WHERE t.category IN ('present', 'late', 'away')) AS present,
                   count(*) FILTER (WHERE t.category <> 'released') AS counted
              FROM held h
              JOIN attendance_mark m ON m.lesson_id = h.id
              JOIN attendance_type t ON t.id = m.type_id
             GROUP BY m.pupil_id, h.on_date
        ), members AS MATERIALIZED (
            SELECT k.pupil_id, k.during, c.level FROM class_membership k JOIN school_class c ON c.id = k.class_id
             WHERE k.school_id = one AND k.during && daterange(first, last, '[]')
        )
        SELECT one, k.level, d.on_date, count(*), sum(d.present)::bigint, sum(d.counted)::bigint
          FROM days d
          JOIN members k ON k.pupil_id = d.pupil_id AND k.during @> d.on_date
         GROUP BY k.level, d.on_date;
    END LOOP;
END
$$;
REVOKE EXECUTE ON FUNCTION city_attendance_cells FROM PUBLIC;

-- As city_attendance, by grade (the level of the class in which a pupil is on the day) and day, with totals: of a school
-- (no level), of a grade (no school), of the city (neither). What covers fewer than `smallest` pupils is told as NULL;
-- what must be hidden beside it, so that no subtraction tells it, is decided by whoever shows the sums.
CREATE FUNCTION city_attendance_grades(first date, last date, smallest integer DEFAULT 5)
RETURNS TABLE (school_id bigint, level smallint, on_date date, pupils bigint, present bigint, counted bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
    SELECT s.school_id, s.level, s.on_date,
           CASE WHEN sum(s.pupils) >= smallest THEN sum(s.pupils)::bigint END,
           CASE WHEN sum(s.pupils) >= smallest THEN sum(s.present)::bigint END,
           CASE WHEN sum(s.pupils) >= smallest THEN sum(s.counted)::bigint END
      FROM city_attendance_cells(first, last) s
     GROUP BY GROUPING SETS ((s.school_id, s.level, s.on_date), (s.school_id, s.on_date), (s.level, s.on_date), (s.on_date))
$$;
REVOKE EXECUTE ON FUNCTION city_attendance_grades FROM PUBLIC;
GRANT EXECUTE ON FUNCTION city_attendance_grades TO gryf_city;
