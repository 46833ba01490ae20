-- Pupils who are known to be elsewhere: at an event of the school (a trip, a contest), or taught individually. When a
-- lesson is opened they are marked for it; what somebody marks afterwards stands.

CREATE TABLE school_event (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id    bigint NOT NULL REFERENCES school,
    name         text NOT NULL CHECK (name <> ''),
    place        text NOT NULL DEFAULT '',
    on_date      date NOT NULL,
    from_period  smallint NOT NULL DEFAULT 0 CHECK (from_period BETWEEN 0 AND 20),
    to_period    smallint NOT NULL DEFAULT 20 CHECK (to_period BETWEEN 0 AND 20),
    leader_id    bigint NOT NULL,
    made_at      timestamptz NOT NULL DEFAULT now(),
    cancelled_at timestamptz,
    rev          integer NOT NULL DEFAULT 1,
    UNIQUE (school_id, id),
    CHECK (from_period <= to_period),
    FOREIGN KEY (school_id, leader_id) REFERENCES staff (school_id, id)
);
CREATE INDEX school_event_day ON school_event (school_id, on_date);

CREATE TABLE school_event_pupil (
    school_id bigint NOT NULL,
    event_id  bigint NOT NULL,
    pupil_id  bigint NOT NULL,
    PRIMARY KEY (event_id, pupil_id),
    FOREIGN KEY (school_id, event_id) REFERENCES school_event (school_id, id) ON DELETE CASCADE,
    FOREIGN KEY (school_id, pupil_id) REFERENCES pupil (school_id, id)
);
CREATE INDEX school_event_pupil_pupil ON school_event_pupil (pupil_id);

-- Individual teaching (nauczanie indywidualne): lessons of one's own are held in a group of one; in those of the class the
-- pupil is released.
CREATE TABLE individual_teaching (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id bigint NOT NULL,
    pupil_id  bigint NOT NULL,
    during    daterange NOT NULL CHECK (NOT isempty(during)),
    UNIQUE (school_id, id),
    FOREIGN KEY (school_id, pupil_id) REFERENCES pupil (school_id, id),
    EXCLUDE USING gist (pupil_id WITH =, during WITH &&)
);

SELECT school_tenant(one) FROM unnest(ARRAY['school_event', 'school_event_pupil', 'individual_teaching']::regclass[]) AS one;

-- Marks those of a lesson who are known to be elsewhere and have no mark yet. Returns them.
CREATE FUNCTION mark_known_absences(wanted lesson) RETURNS SETOF bigint LANGUAGE sql AS $$
    WITH known AS (
        SELECT DISTINCT ON (p.pupil_id) p.pupil_id, t.id AS type_id, t.code, k.why, k.op
          FROM pupils_of_lesson(($1).id) p
          JOIN LATERAL (
                SELECT 'away' AS category, e.name AS why, 'event-' || e.id AS op, 1 AS place
                  FROM school_event e JOIN school_event_pupil m ON m.event_id = e.id
                 WHERE m.pupil_id = p.pupil_id AND e.on_date = ($1).on_date AND e.cancelled_at IS NULL
                   AND ($1).period BETWEEN e.from_period AND e.to_period
                UNION ALL
                SELECT 'released', '', 'individual-' || i.id, 2
                  FROM individual_teaching i
                 WHERE i.pupil_id = p.pupil_id AND i.during @> ($1).on_date
                   AND (($1).class_id IS NOT NULL
                        OR (SELECT count(*) FROM group_membership g
                             WHERE g.group_id = ($1).group_id AND g.during @> ($1).on_date) > 1)
          ) AS k ON true
          JOIN LATERAL (SELECT a.id, a.code FROM attendance_type a
                         WHERE a.school_id = ($1).school_id AND a.category = k.category AND NOT a.archived
                         ORDER BY a.position, a.id LIMIT 1) AS t ON true
         WHERE NOT EXISTS (SELECT FROM attendance_mark m WHERE m.lesson_id = ($1).id AND m.pupil_id = p.pupil_id
                              AND m.type_id IS NOT NULL)
         ORDER BY p.pupil_id, k.place
    ), counted AS (
        UPDATE lesson SET marks_rev = ($1).marks_rev + 1 WHERE id = ($1).id AND EXISTS (SELECT FROM known)
    ), marked AS (
        INSERT INTO attendance_mark AS m (school_id, lesson_id, pupil_id, type_id, rev)
        SELECT ($1).school_id, ($1).id, k.pupil_id, k.type_id, ($1).marks_rev + 1 FROM known k
        ON CONFLICT (lesson_id, pupil_id) DO UPDATE SET type_id = excluded.type_id, minutes_late = NULL,
            excused = false, rev = excluded.rev, author_id = NULL, at = now()
    ), told AS (
        INSERT INTO attendance_history (school_id, lesson_id, pupil_id, author, to_code, reason, op_id, rev)
        SELECT ($1).school_id, ($1).id, k.pupil_id, '', k.code, k.why, k.op || '-' || (($1).marks_rev + 1),
               ($1).marks_rev + 1 FROM known k
    )
    SELECT pupil_id FROM known
$$;
COMMENT ON FUNCTION mark_known_absences IS 'Of a lesson that is locked, or has just been made';

-- Takes back the marks that an event made and nobody has touched since. Returns lesson and pupil of each.
CREATE FUNCTION unmark_event(event bigint, one lesson) RETURNS SETOF bigint LANGUAGE sql AS $$
    WITH own AS (
        SELECT m.pupil_id, h.to_code FROM attendance_mark m
          JOIN attendance_history h ON h.lesson_id = m.lesson_id AND h.pupil_id = m.pupil_id AND h.rev = m.rev
         WHERE m.lesson_id = ($2).id AND m.type_id IS NOT NULL AND h.op_id LIKE 'event-' || $1 || '-%'
    ), counted AS (
        UPDATE lesson SET marks_rev = ($2).marks_rev + 1 WHERE id = ($2).id AND EXISTS (SELECT FROM own)
    ), marked AS (
        UPDATE attendance_mark m SET type_id = NULL, rev = ($2).marks_rev + 1, at = now()
          FROM own WHERE m.lesson_id = ($2).id AND m.pupil_id = own.pupil_id
    ), told AS (
        INSERT INTO attendance_history (school_id, lesson_id, pupil_id, author, from_code, op_id, rev)
        SELECT ($2).school_id, ($2).id, own.pupil_id, '', own.to_code, 'event-' || $1 || '-off-' || (($2).marks_rev + 1),
               ($2).marks_rev + 1 FROM own
    )
    SELECT pupil_id FROM own
$$;

CREATE FUNCTION lesson_known_absences() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM school_event e
                WHERE e.school_id = NEW.school_id AND e.on_date = NEW.on_date AND e.cancelled_at IS NULL)
       OR EXISTS (SELECT FROM individual_teaching i WHERE i.school_id = NEW.school_id AND i.during @> NEW.on_date) THEN
        PERFORM mark_known_absences(NEW);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER lesson_known_absences AFTER INSERT ON lesson FOR EACH ROW EXECUTE FUNCTION lesson_known_absences();
