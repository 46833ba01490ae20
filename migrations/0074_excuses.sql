-- Excuses (usprawiedliwienia): what a parent, or a pupil of age, says about hours or days; the homeroom teacher decides.
-- One that is sent before its day is an absence known ahead: lessons show it as a hint, and never as a mark.

CREATE TABLE absence_excuse (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id   bigint NOT NULL REFERENCES school,
    pupil_id    bigint NOT NULL,
    first_on    date NOT NULL,
    last_on     date NOT NULL,
    from_period smallint CHECK (from_period BETWEEN 0 AND 20),
    to_period   smallint CHECK (to_period BETWEEN 0 AND 20),
    reason      text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
    account_id  bigint,
    author      text NOT NULL,
    author_kind text NOT NULL CHECK (author_kind IN ('guardian', 'pupil', 'homeroom')),
    sent_at     timestamptz NOT NULL DEFAULT now(),
    state       text NOT NULL DEFAULT 'sent' CHECK (state IN ('sent', 'accepted', 'refused', 'withdrawn')),
    decided_at  timestamptz,
    decided_by  bigint,
    word        text NOT NULL DEFAULT '' CHECK (length(word) <= 500),
    rev         integer NOT NULL DEFAULT 1,
    UNIQUE (school_id, id),
    CHECK (first_on <= last_on),
    CHECK (num_nonnulls(from_period, to_period) IN (0, 2)),
    CHECK (from_period IS NULL OR (first_on = last_on AND from_period <= to_period)),
    CHECK (state NOT IN ('accepted', 'refused') OR decided_at IS NOT NULL),
    FOREIGN KEY (school_id, pupil_id) REFERENCES pupil (school_id, id),
    FOREIGN KEY (school_id, decided_by) REFERENCES staff (school_id, id)
);
COMMENT ON COLUMN absence_excuse.from_period IS 'Hours of one day; none: whole days';
COMMENT ON COLUMN absence_excuse.account_id IS 'No foreign key: what was said stays when the account is erased';
CREATE INDEX absence_excuse_pupil ON absence_excuse (pupil_id, first_on);
CREATE INDEX absence_excuse_waiting ON absence_excuse (school_id, first_on) WHERE state = 'sent';
SELECT school_tenant('absence_excuse');
REVOKE DELETE ON absence_excuse FROM gryf_schools;

-- Of these pupils, those whose excuse of the lesson's hour was accepted.
CREATE FUNCTION excused_ahead(wanted bigint, pupils bigint[]) RETURNS TABLE (pupil_id bigint) LANGUAGE sql STABLE ROWS 3 AS $$
    SELECT DISTINCT e.pupil_id
      FROM lesson l JOIN absence_excuse e ON e.pupil_id = ANY (pupils) AND e.state = 'accepted'
       AND l.on_date BETWEEN e.first_on AND e.last_on
       AND (e.from_period IS NULL OR l.period BETWEEN e.from_period AND e.to_period)
     WHERE l.id = wanted
$$;

-- Pupils of a lesson who, as somebody has said, will not be there.
CREATE FUNCTION announced_absences(wanted bigint) RETURNS TABLE (pupil_id bigint) LANGUAGE sql STABLE ROWS 3 AS $$
    SELECT DISTINCT e.pupil_id
      FROM lesson l
      JOIN pupils_of_lesson(l.id) p ON true
      JOIN absence_excuse e ON e.pupil_id = p.pupil_id AND e.state IN ('sent', 'accepted')
       AND l.on_date BETWEEN e.first_on AND e.last_on
       AND (e.from_period IS NULL OR l.period BETWEEN e.from_period AND e.to_period)
     WHERE l.id = wanted
$$;
