-- Who is away, what that changes for whom, duties on breaks, and secret addresses of calendars.

-- Without a reason: why somebody is away is nobody's business here.
CREATE TABLE staff_absence (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id   bigint NOT NULL REFERENCES school,
    staff_id    bigint NOT NULL,
    first_on    date NOT NULL,
    last_on     date NOT NULL,
    from_period smallint NOT NULL DEFAULT 0 CHECK (from_period BETWEEN 0 AND 20),
    to_period   smallint NOT NULL DEFAULT 20 CHECK (to_period BETWEEN 0 AND 20),
    made_by     bigint REFERENCES account ON DELETE SET NULL,
    made_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (school_id, id),
    CHECK (first_on <= last_on AND last_on - first_on <= 366),
    CHECK (from_period <= to_period),
    FOREIGN KEY (school_id, staff_id) REFERENCES staff (school_id, id),
    CONSTRAINT staff_absence_once EXCLUDE USING gist (
        staff_id WITH =, daterange(first_on, last_on, '[]') WITH &&, int4range(from_period, to_period, '[]') WITH &&)
);
CREATE INDEX staff_absence_days ON staff_absence (school_id, last_on);

-- That something was changed, and whom it has ever concerned: a change that was taken back is still told to them.
CREATE TABLE timetable_change (
    school_id bigint NOT NULL REFERENCES school,
    entry_id  bigint NOT NULL,
    on_date   date NOT NULL,
    rev       integer NOT NULL DEFAULT 1,
    staff_ids bigint[] NOT NULL,
    class_ids bigint[] NOT NULL,
    at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (entry_id, on_date),
    FOREIGN KEY (school_id, entry_id) REFERENCES timetable_entry (school_id, id)
);
COMMENT ON COLUMN timetable_change.rev IS 'Goes on counting when a substitution is taken back and another one is made';
CREATE INDEX timetable_change_day ON timetable_change (school_id, on_date);

-- A duty on a break (dyżur), week after week.
CREATE TABLE break_duty (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id    bigint NOT NULL REFERENCES school,
    staff_id     bigint NOT NULL,
    weekday      smallint NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    after_period smallint NOT NULL CHECK (after_period BETWEEN 0 AND 20),
    place        text NOT NULL CHECK (place <> ''),
    during       daterange NOT NULL DEFAULT daterange(NULL, NULL),
    UNIQUE (school_id, id),
    FOREIGN KEY (school_id, staff_id) REFERENCES staff (school_id, id)
);
COMMENT ON COLUMN break_duty.after_period IS 'The break after this hour; 0: before the first';
CREATE INDEX break_duty_day ON break_duty (school_id, weekday);

CREATE TABLE break_duty_change (
    school_id bigint NOT NULL REFERENCES school,
    duty_id   bigint NOT NULL,
    on_date   date NOT NULL,
    staff_id  bigint NOT NULL,
    made_by   bigint REFERENCES account ON DELETE SET NULL,
    PRIMARY KEY (duty_id, on_date),
    FOREIGN KEY (school_id, duty_id) REFERENCES break_duty (school_id, id) ON DELETE CASCADE,
    FOREIGN KEY (school_id, staff_id) REFERENCES staff (school_id, id)
);
COMMENT ON TABLE break_duty_change IS 'Who stands in on one day';

-- An address of a calendar: whoever has it may read, so only its hash is kept and it can be taken back.
CREATE TABLE timetable_feed (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id  bigint NOT NULL REFERENCES school,
    account_id bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    staff_id   bigint,
    pupil_id   bigint,
    token_hash bytea NOT NULL UNIQUE,
    made_at    timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    UNIQUE (school_id, id),
    CHECK (num_nonnulls(staff_id, pupil_id) = 1),
    FOREIGN KEY (school_id, staff_id) REFERENCES staff (school_id, id) ON DELETE CASCADE,
    FOREIGN KEY (school_id, pupil_id) REFERENCES pupil (school_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN timetable_feed.account_id IS 'Whose right it stands on: it ends with it';
CREATE UNIQUE INDEX timetable_feed_one ON timetable_feed (account_id, staff_id, pupil_id) NULLS NOT DISTINCT
    WHERE revoked_at IS NULL;

SELECT school_tenant(one) FROM unnest(ARRAY['staff_absence', 'timetable_change', 'break_duty', 'break_duty_change',
    'timetable_feed']::regclass[]) AS one;
